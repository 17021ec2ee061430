//! Plans: what is configured is planned as configured, and the rest keeps its prior value.

use std::collections::BTreeSet;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::DeviceJoinSettings;
use super::members;
use super::state::{CreatePlan, OnDestroy, Plan, Private, SettingsState, UpdatePlan, items};
use super::warnings;
use crate::graph::policy::Setting;
use crate::ownership::Estate;
use crate::plugin::{CreationPrivate, Report};
use crate::session::Ready;
use crate::settings::attributes::{Attribute, MembershipAttribute, Scope, SettingsAttributes};
use crate::settings::{Leaf, LeafValue, POLICY_ID};
use crate::timeouts::Operation;

/// The settings as they are planned. Without a prior state (`None`) what is not configured is unknown.
pub fn settings(config: &SettingsAttributes, prior: Option<&SettingsAttributes>) -> SettingsAttributes {
    let mut planned = config.clone();
    if prior.is_none() && config.local_admins.is_null() {
        planned.local_admins = Value::Unknown;
    }
    for setting in Setting::ALL {
        let configured = config.get(setting);
        let before = prior.map(|prior| prior.get(setting));
        let attribute = match (&configured, before) {
            (Attribute::Membership(Value::Value(given)), before) => {
                let before = before.map(|before| match before {
                    Attribute::Membership(before) => before.clone().unwrap_or_default(),
                    _ => MembershipAttribute::default(),
                });
                Attribute::Membership(Value::Value(membership(given, before.as_ref())))
            }
            (configured, _) if !configured.is_null() => configured.to_owned(),
            (_, Some(before)) => before.to_owned(),
            (Attribute::Switch(_), None) => Attribute::Switch(Value::Unknown),
            (Attribute::Quota(_), None) => Attribute::Quota(Value::Unknown),
            (Attribute::Membership(_), None) => Attribute::Membership(Value::Unknown),
        };
        planned.set(setting, attribute);
    }
    planned
}

/// A configured membership with its omitted lists filled in.
fn membership(given: &MembershipAttribute, before: Option<&MembershipAttribute>) -> MembershipAttribute {
    let omitted = |list: fn(&MembershipAttribute) -> &crate::settings::attributes::ObjectIds| {
        let scope = match (given.known_scope(), before) {
            (None, _) => return Value::Unknown,
            (Some(scope), _) if scope != Scope::Selected => return Value::Null,
            (_, None) => return Value::Unknown,
            (_, Some(before)) => before.known_scope(),
        };
        match before {
            Some(before) if scope == Some(Scope::Selected) => list(before).clone(),
            _ => Value::Value(Vec::new()),
        }
    };
    let mut planned = given.clone();
    if planned.users.is_null() {
        planned.users = omitted(|membership| &membership.users);
    }
    if planned.groups.is_null() {
        planned.groups = omitted(|membership| &membership.groups);
    }
    planned
}

/// Plans an adoption of the tenant's settings.
pub async fn create(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    private: CreationPrivate<Option<Private>>,
    config: &SettingsState,
) -> Option<(SettingsState, Option<Private>)> {
    let given = config.settings();
    let mut state = SettingsState {
        id: Value::Value(POLICY_ID.to_owned()),
        tenant_id: Value::Unknown,
        join_admin_configurable: Value::Unknown,
        registration_admin_configurable: Value::Unknown,
        original_settings: Value::Unknown,
        on_destroy: on_destroy(&config.on_destroy),
        timeouts: config.timeouts.clone(),
        ..SettingsState::default()
    };
    state.set_settings(settings(&given, None));
    let first = private.planned.flatten().and_then(|private| match private.plan {
        Some(Plan::Create(plan)) => Some(*plan),
        _ => None,
    });
    let confirmed = first.as_ref().is_some_and(|first| first.seen.is_some());
    let mut plan = first.unwrap_or_default();
    plan.confirmed = confirmed;
    plan.named = named(&given);
    if let Some(Some(Plan::Update(replaced))) = private.replaced.flatten().map(|private| private.plan) {
        plan.estate = replaced.estate;
    }
    let Some(session) = resource.session.ready_if_known() else {
        diags.warning_at(
            AttributePath::root(),
            "The device settings of the tenant are unknown",
            "The provider's configuration is unknown until this plan is applied, so the plan cannot show the present \
             settings of the tenant. To see them, apply the resources that the configuration depends on first \
             (terraform apply -target=...), then plan again.",
        );
        return Some((state, planned_private(Plan::Create(Box::new(plan)))));
    };
    state.tenant_id = session.tenant_id().map_or(Value::Unknown, Value::Value);
    let errors = diags.errors.len();
    let looked = look(resource, &session, diags, config, &state.settings(), &mut plan).await;
    if session.notes().estate(&plan.named).is_some() {
        // Terraform plans the create half of a replacement again when the destroy half is done. With an error here the
        // create would never run, and what it is to remember would be lost. So the create reports the error.
        let refused = diags.errors.drain(errors..);
        plan.refused = refused
            .map(|error| (error.summary.into_owned(), error.detail.into_owned()))
            .collect();
    } else {
        looked?;
    }
    Some((state, planned_private(Plan::Create(Box::new(plan)))))
}

/// Looks at the tenant for the plan of a create: warns, refuses, and notes what the tenant has.
async fn look(
    resource: &DeviceJoinSettings,
    session: &Ready,
    diags: &mut Diagnostics,
    config: &SettingsState,
    planned: &SettingsAttributes,
    plan: &mut CreatePlan,
) -> Option<()> {
    let deadline = resource.session.deadline(&config.timeouts, Operation::Read);
    let failed = "Cannot read the tenant's device settings for the plan";
    let policy = session.policy_for_plan(diags, &deadline, failed).await?;
    let tenant = session.tenant_id();
    let now = SettingsAttributes::of_policy(&policy, planned);
    let warned = warnings::Warned {
        tenant: tenant.as_deref(),
        now: &now,
        planned,
        named: &plan.named,
    };
    warned.refuse_lock_out(diags);
    warned.refuse_fixed(
        diags,
        policy.join_admin_configurable(),
        policy.registration_admin_configurable(),
    );
    if !plan.confirmed {
        warned.adoption(diags, &policy);
    }
    warned.hazards(diags);
    // Again in the apply's plan: it knows ids that the first one did not.
    plan.awaiting = check_members(resource, session, diags, config, (&now, planned)).await?;
    if !plan.confirmed {
        plan.seen = Some(only(&now, &plan.named));
    }
    Some(())
}

/// Plans a change.
pub async fn update(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    prior: &SettingsState,
    config: &SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    let lost = private.is_none();
    let stored = marks(prior, private);
    let given = config.settings();
    let before = prior.settings();
    if let Some(object) = stored.object {
        // With -refresh=false there is no read to note it.
        let notes = resource
            .session
            .ownership()
            .of_tenant(prior.tenant_id.clone().unwrap_or_default());
        notes.read(object, items(&stored.named, &before));
    }
    let planned = settings(&given, Some(&before));
    // Terraform's ignore_changes = all puts the whole prior state into the configuration, read-only attributes included.
    let ignored = config.id.is_value();
    let change = Change {
        before: &before,
        planned: &planned,
        given: &given,
        originals: prior.originals(),
        stored: &stored,
        ignored,
        lost,
    };
    let recorded = change.recorded();
    let mut state = SettingsState {
        on_destroy: on_destroy(&config.on_destroy),
        timeouts: config.timeouts.clone(),
        original_settings: change.planned_originals(&prior.original_settings, &recorded),
        ..prior.clone()
    };
    state.set_settings(planned.clone());
    let mut plan = UpdatePlan {
        named: change.named(&recorded),
        recorded,
        estate: Some(Estate {
            object: stored.object,
            originals: prior.originals(),
            values: only(&before, &stored.named),
            written: Some(stored.written.clone()),
        }),
        awaiting: Vec::new(),
    };
    let forgotten: Vec<_> = plan
        .recorded
        .iter()
        .filter(|leaf| lost && !change.changes(**leaf))
        .copied()
        .collect();
    if !forgotten.is_empty() {
        warnings::forgotten(diags, prior.tenant_id.as_deref_option(), &forgotten);
    }
    if planned != before {
        let warned = warnings::Warned {
            tenant: prior.tenant_id.as_deref_option(),
            now: &before,
            planned: &planned,
            named: &named(&given),
        };
        warned.refuse_lock_out(diags);
        let flag = |value: Value<bool>| value.as_option();
        warned.refuse_fixed(
            diags,
            flag(prior.join_admin_configurable),
            flag(prior.registration_admin_configurable),
        );
        warned.hazards(diags);
        if let Some(session) = resource.session.ready_if_known() {
            plan.awaiting = check_members(resource, &session, diags, config, (&before, &planned)).await?;
        }
    }
    let private = Private {
        plan: Some(Plan::Update(Box::new(plan))),
        ..stored
    };
    Some((state, Some(private)))
}

/// The marks of a state. Where they are lost, because the plugin died in an apply, everything that was recorded counts as
/// named and as written.
pub fn marks(state: &SettingsState, private: Option<Private>) -> Private {
    private.map_or_else(
        || {
            let originals = state.originals();
            let recorded: BTreeSet<_> = Leaf::all().filter(|leaf| originals.names(*leaf)).collect();
            Private {
                object: None,
                named: recorded.clone(),
                written: recorded,
                ..Private::default()
            }
        },
        |private| private.stored(),
    )
}

/// What an update does to each leaf.
struct Change<'a> {
    before: &'a SettingsAttributes,
    planned: &'a SettingsAttributes,
    given: &'a SettingsAttributes,
    originals: SettingsAttributes,
    stored: &'a Private,
    ignored: bool,
    /// Whether the private data is lost, so that an interrupted apply may have named a leaf and remembered nothing.
    lost: bool,
}

impl Change<'_> {
    fn changes(&self, leaf: Leaf) -> bool {
        self.planned.leaf(leaf) != self.before.leaf(leaf)
    }

    /// The leaves whose originals the update records: those that it changes for the first time, both lists of a scope that
    /// leaves `selected`, and a list with members that is named for the first time, which may be taken over from member
    /// resources that go in the same apply.
    ///
    /// Terraform does not tell a value of the configuration from one that ignore_changes has put there, so a value that is
    /// equal to the prior one is no evidence that the configuration names it.
    fn recorded(&self) -> BTreeSet<Leaf> {
        // A leaf that was written without an original has none: the tenant lacked it, or had an unknown type.
        let fresh = |leaf: &Leaf| {
            let remembers = |leaf| self.originals.names(leaf);
            !remembers(*leaf) && (remembers(Leaf::scope(leaf.setting)) || !self.stored.written.contains(leaf))
        };
        let taken = |leaf: Leaf| {
            let members = self.before.leaf(leaf);
            let any = matches!(members, Value::Value(LeafValue::Ids(ids)) if !ids.is_empty());
            // ignore_changes puts all of a membership into the configuration that does not name it.
            let omits = |list: &Leaf| !self.given.names(*list) && self.before.names(*list);
            let known =
                self.stored.named.contains(&Leaf::scope(leaf.setting)) || Leaf::lists(leaf.setting).iter().any(omits);
            leaf.is_list() && any && known && !self.ignored && !self.stored.named.contains(&leaf)
        };
        Leaf::all()
            .filter(fresh)
            .filter(|leaf| {
                if self.given.names(*leaf) {
                    self.changes(*leaf) || self.lost || taken(*leaf)
                } else {
                    leaf.is_list() && self.scope_leaves_selected(leaf.setting)
                }
            })
            .collect()
    }

    /// The leaves that this object manages once the plan is applied.
    fn named(&self, recorded: &BTreeSet<Leaf>) -> BTreeSet<Leaf> {
        Leaf::all()
            .filter(|leaf| self.given.names(*leaf))
            .filter(|leaf| self.stored.named.contains(leaf) || self.changes(*leaf) || recorded.contains(leaf))
            .collect()
    }

    /// Whether the scope leaves `selected`, and a restore may go back to its lists.
    fn scope_leaves_selected(&self, setting: Setting) -> bool {
        let scope = Leaf::scope(setting);
        let has_lists = !self.originals.names(scope) || self.originals.is_selected(setting);
        self.given.names(scope) && has_lists && self.before.is_selected(setting) && !self.planned.is_selected(setting)
    }

    /// Whether a leaf leaves the configuration, and its original with it. A list that went with the scope stays with it.
    fn leaves(&self, leaf: Leaf) -> bool {
        let scope = self.given.names(Leaf::scope(leaf.setting));
        let with_scope = leaf.is_list() && scope && !self.planned.is_selected(leaf.setting);
        if self.stored.named.contains(&leaf) {
            !self.given.names(leaf) && !with_scope
        } else {
            self.stored.written.contains(&leaf) && !self.given.names(leaf) && !scope
        }
    }

    /// Whether an unknown scope decides what becomes of a list's original.
    fn is_open(&self, leaf: Leaf) -> bool {
        let scope = Leaf::scope(leaf.setting);
        let decided = self.given.names(leaf) || !self.planned.leaf(scope).is_unknown();
        leaf.is_list() && !decided && self.stored.named.contains(&leaf)
    }

    fn planned_originals(
        &self,
        before: &Value<SettingsAttributes>,
        recorded: &BTreeSet<Leaf>,
    ) -> Value<SettingsAttributes> {
        let mut originals = self.originals.clone();
        for leaf in Leaf::all().filter(|leaf| self.leaves(*leaf)) {
            originals.clear_leaf(leaf);
        }
        for leaf in Leaf::all().filter(|leaf| self.is_open(*leaf)) {
            originals.set_unknown(leaf);
        }
        for leaf in recorded {
            if self.planned.leaf(*leaf).is_unknown() {
                originals.set_unknown(*leaf);
            } else {
                originals.record_leaf(self.before, *leaf);
            }
        }
        if originals == self.originals {
            before.clone()
        } else {
            Value::Value(originals)
        }
    }
}

/// The leaves that a configuration names.
fn named(given: &SettingsAttributes) -> BTreeSet<Leaf> {
    Leaf::all().filter(|leaf| given.names(*leaf)).collect()
}

/// The settings reduced to those that have one of these leaves, each whole: without its lists a selection looks empty.
fn only(settings: &SettingsAttributes, leaves: &BTreeSet<Leaf>) -> SettingsAttributes {
    let mut only = SettingsAttributes::default();
    for leaf in leaves {
        only.set(leaf.setting, settings.get(leaf.setting).to_owned());
    }
    only
}

fn planned_private(plan: Plan) -> Option<Private> {
    Some(Private {
        plan: Some(plan),
        ..Private::default()
    })
}

fn on_destroy(config: &Value<String>) -> Value<String> {
    match config {
        Value::Null => Value::Value(OnDestroy::default().as_str().to_owned()),
        given => given.clone(),
    }
}

async fn check_members(
    resource: &DeviceJoinSettings,
    session: &Ready,
    diags: &mut Diagnostics,
    config: &SettingsState,
    change: (&SettingsAttributes, &SettingsAttributes),
) -> Option<Vec<String>> {
    let deadline = resource.session.deadline(&config.timeouts, Operation::Read);
    members::check(session, diags, change, &deadline).await
}
