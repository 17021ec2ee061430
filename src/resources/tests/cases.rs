//! Random cases: a tenant, a client, and the steps of a workspace's life.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::model::{Block, Configuration};
use super::rules;
use super::tenant::{Edit, Membership, object_id};

const SETTINGS: &str = "autopilot_device_join_settings";
const MEMBER: &str = "autopilot_device_join_member";
const USERS: [&str; 3] = ["u1", "u2", "u3"];
const GROUPS: [&str; 2] = ["g1", "g2"];
/// Member resources at most.
const MEMBERS: usize = 3;

/// A workspace's life.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) tenant: Vec<Edit>,
    /// Whether the client hands over the private data of the plan to the apply.
    pub(super) hands_over: bool,
    /// Whether one process serves the whole case.
    pub(super) one_process: bool,
    pub(super) steps: Vec<Turn>,
}

/// A change of the configuration, and a plan and an apply of it.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) settings: SettingsTurn,
    /// What becomes of member resources.
    pub(super) members: Vec<(usize, Option<Member>)>,
    pub(super) force: Force,
    pub(super) before_plan: Vec<Edit>,
    pub(super) before_apply: Vec<Edit>,
    pub(super) order: Vec<u8>,
}

/// A change of the settings resource.
#[derive(Clone, Debug)]
pub(super) enum SettingsTurn {
    Same,
    New(Settings),
    Change(Argument),
    Rename,
    Remove,
}

/// What replaces resources without a change of theirs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Force {
    No,
    Replace,
    Taint,
}

/// A member resource.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) list: &'static str,
    pub(super) id: &'static str,
}

/// A settings resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) join: Option<Membership>,
    pub(super) global_administrators: Option<bool>,
    pub(super) registering_users: Option<Membership>,
    pub(super) register: Option<Membership>,
    pub(super) quota: Option<i64>,
    pub(super) multi_factor_auth: Option<bool>,
    pub(super) laps: Option<bool>,
    pub(super) on_destroy: Option<&'static str>,
    pub(super) ignore: Vec<&'static str>,
    pub(super) create_first: bool,
}

/// One argument of it.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    Join(Option<Membership>),
    GlobalAdministrators(Option<bool>),
    RegisteringUsers(Option<Membership>),
    Register(Option<Membership>),
    Quota(Option<i64>),
    MultiFactorAuth(Option<bool>),
    Laps(Option<bool>),
    OnDestroy(Option<&'static str>),
    Ignore(Vec<&'static str>),
    CreateFirst(bool),
}

impl Settings {
    fn change(&mut self, argument: Argument) {
        match argument {
            Argument::Join(value) => self.join = value,
            Argument::GlobalAdministrators(value) => self.global_administrators = value,
            Argument::RegisteringUsers(value) => self.registering_users = value,
            Argument::Register(value) => self.register = value,
            Argument::Quota(value) => self.quota = value,
            Argument::MultiFactorAuth(value) => self.multi_factor_auth = value,
            Argument::Laps(value) => self.laps = value,
            Argument::OnDestroy(value) => self.on_destroy = value,
            Argument::Ignore(value) => self.ignore = value,
            Argument::CreateFirst(value) => self.create_first = value,
        }
    }

    fn block(&self) -> Block {
        let membership = |given: &Option<Membership>| given.as_ref().map_or(Value::Null, configured);
        let admins = self.global_administrators.is_some() || self.registering_users.is_some();
        let local_admins = json!({
            "global_administrators": self.global_administrators,
            "registering_users": membership(&self.registering_users),
        });
        let given = json!({
            "allowed_to_join": membership(&self.join),
            "local_admins": if admins { local_admins } else { Value::Null },
            "allowed_to_register": membership(&self.register),
            "user_device_quota": self.quota,
            "multi_factor_auth_required": self.multi_factor_auth,
            "local_admin_password_enabled": self.laps,
            "on_destroy": self.on_destroy,
        });
        Block {
            type_name: SETTINGS,
            config: rules::complete(rules::of(SETTINGS), &given),
            ignore: self.ignore.clone(),
            create_first: self.create_first,
        }
    }
}

fn configured(membership: &Membership) -> Value {
    let ids = |names: &Option<Vec<&str>>| {
        let ids = names
            .as_ref()
            .map(|names| names.iter().map(|name| object_id(name)).collect::<Vec<_>>());
        json!(ids)
    };
    json!({
        "scope": membership.scope,
        "users": ids(&membership.users),
        "groups": ids(&membership.groups),
    })
}

/// The configuration of a workspace, as turns change it.
#[derive(Clone, Debug, Default)]
pub(super) struct Workspace {
    settings: Option<Settings>,
    /// Counts the names that the settings resource has had.
    name: usize,
    members: [Option<Member>; MEMBERS],
}

impl Workspace {
    pub(super) fn take(&mut self, turn: &Turn) {
        match turn.settings.clone() {
            SettingsTurn::Same => {}
            SettingsTurn::New(settings) => self.settings = Some(settings),
            SettingsTurn::Change(argument) => {
                if let Some(settings) = &mut self.settings {
                    settings.change(argument);
                }
            }
            SettingsTurn::Rename => self.name += 1,
            SettingsTurn::Remove => self.settings = None,
        }
        for (at, member) in &turn.members {
            self.members[*at] = *member;
        }
    }

    pub(super) fn configuration(&self) -> Configuration {
        let settings = self
            .settings
            .iter()
            .map(|settings| (format!("settings.{}", self.name), settings.block()));
        let create_first = self.settings.as_ref().is_some_and(|settings| settings.create_first);
        let members = self.members.iter().enumerate().filter_map(|(at, member)| {
            let member = (*member)?;
            let given = json!({
                "list": member.list,
                "object_id": object_id(member.id),
                "type": if member.id.starts_with('u') { "user" } else { "group" },
            });
            let block = Block {
                type_name: MEMBER,
                config: rules::complete(rules::of(MEMBER), &given),
                ignore: Vec::new(),
                create_first,
            };
            Some((format!("member.{at}"), block))
        });
        settings.chain(members).collect()
    }

    /// Whether a setting is managed by the settings resource and its members by member resources as well.
    pub(super) fn is_shared(&self, setting: &str) -> bool {
        self.membership(setting).is_some_and(|given| {
            self.members_of(setting).any(|member| {
                let own = if member.id.starts_with('u') {
                    &given.users
                } else {
                    &given.groups
                };
                given.scope != "selected" || own.is_some()
            })
        })
    }

    /// Whether a setting with member resources is ignored, so that the settings resource has their members in its state.
    pub(super) fn is_mirrored(&self, setting: &str) -> bool {
        let ignore = self.settings.iter().flat_map(|settings| &settings.ignore);
        let mut ignored = ignore.filter(|path| **path == "all" || path.starts_with(setting));
        ignored.next().is_some() && self.members_of(setting).next().is_some()
    }

    /// Whether the settings resource names all of a setting for the first time since `before`, and a member resource of it
    /// goes: to Terraform this looks like ignore_changes of a setting that is not configured.
    pub(super) fn takes_over(&self, before: &Self, setting: &str) -> bool {
        let newly = self.membership(setting).is_some() && before.membership(setting).is_none();
        let goes = before
            .members
            .iter()
            .zip(&self.members)
            .any(|(before, now)| before.is_some() && before != now);
        newly && goes && before.members_of(setting).next().is_some()
    }

    fn membership(&self, setting: &str) -> Option<&Membership> {
        self.settings.as_ref().and_then(|settings| match setting {
            "allowed_to_join" => settings.join.as_ref(),
            "local_admins.registering_users" => settings.registering_users.as_ref(),
            _ => None,
        })
    }

    fn members_of<'a>(&'a self, setting: &'a str) -> impl Iterator<Item = &'a Member> {
        let list = match setting {
            "allowed_to_join" => "join",
            "local_admins.registering_users" => "local_admin",
            _ => "",
        };
        self.members.iter().flatten().filter(move |member| member.list == list)
    }

    /// The paths of the settings resource that Terraform ignores.
    pub(super) fn ignores(&self) -> bool {
        self.settings
            .as_ref()
            .is_some_and(|settings| !settings.ignore.is_empty())
    }
}

/// Strategies are boxed where their trees are large: in a debug build they overflow the stack.
fn any_membership() -> BoxedStrategy<Membership> {
    let list = |names: &'static [&'static str]| prop::option::weighted(0.6, subsequence(names, 0..=names.len()));
    prop_oneof![
        1 => Just(Membership { scope: "all", users: None, groups: None }),
        1 => Just(Membership { scope: "none", users: None, groups: None }),
        3 => (list(&USERS), list(&GROUPS)).prop_map(|(users, groups)| Membership { scope: "selected", users, groups }),
    ]
    .boxed()
}

fn any_quota() -> impl Strategy<Value = i64> {
    select(&[5_i64, 20, -1][..])
}

fn any_ignore() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        4 => Just(vec![]),
        1 => Just(vec!["user_device_quota"]),
        1 => Just(vec!["allowed_to_join"]),
        1 => Just(vec!["allowed_to_join.users"]),
        1 => Just(vec!["local_admin_password_enabled"]),
        1 => Just(vec!["all"]),
    ]
}

fn any_on_destroy() -> impl Strategy<Value = Option<&'static str>> {
    select(&[None, Some("keep"), Some("restore"), Some("restore")][..])
}

fn any_settings() -> BoxedStrategy<Settings> {
    let of = |likely| move |strategy: BoxedStrategy<Membership>| prop::option::weighted(likely, strategy);
    let switch = || prop::option::weighted(0.3, any::<bool>());
    (
        of(0.6)(any_membership()),
        of(0.3)(any_membership()),
        of(0.2)(any_membership()),
        prop::option::weighted(0.5, any_quota()),
        (switch(), switch(), switch()),
        (any_on_destroy(), any_ignore(), any::<bool>()),
    )
        .prop_map(
            |(join, registering_users, register, quota, switches, lifecycle)| Settings {
                join,
                registering_users,
                register,
                quota,
                global_administrators: switches.0,
                multi_factor_auth: switches.1,
                laps: switches.2,
                on_destroy: lifecycle.0,
                ignore: lifecycle.1,
                create_first: lifecycle.2,
            },
        )
        .boxed()
}

fn any_argument() -> BoxedStrategy<Argument> {
    let membership = || prop::option::weighted(0.7, any_membership());
    let switch = || prop::option::weighted(0.7, any::<bool>());
    prop_oneof![
        4 => membership().prop_map(Argument::Join),
        1 => switch().prop_map(Argument::GlobalAdministrators),
        2 => membership().prop_map(Argument::RegisteringUsers),
        1 => membership().prop_map(Argument::Register),
        2 => prop::option::weighted(0.7, any_quota()).prop_map(Argument::Quota),
        1 => switch().prop_map(Argument::MultiFactorAuth),
        1 => switch().prop_map(Argument::Laps),
        1 => any_on_destroy().prop_map(Argument::OnDestroy),
        2 => any_ignore().prop_map(Argument::Ignore),
        1 => any::<bool>().prop_map(Argument::CreateFirst),
    ]
    .boxed()
}

fn any_edit() -> BoxedStrategy<Edit> {
    let lists = || {
        select(
            &[
                "allowed_to_join",
                "local_admins.registering_users",
                "allowed_to_register",
            ][..],
        )
    };
    let switches = &[
        "local_admins.global_administrators",
        "multi_factor_auth_required",
        "local_admin_password_enabled",
    ];
    let ids = select([USERS.as_slice(), &GROUPS].concat());
    prop_oneof![
        2 => any_quota().prop_map(|quota| Edit::Single("user_device_quota", json!(quota))),
        2 => (select(&switches[..]), any::<bool>()).prop_map(|(name, value)| Edit::Single(name, json!(value))),
        3 => (lists(), any_membership()).prop_map(|(name, membership)| Edit::Membership(name, membership)),
        3 => (lists(), ids).prop_map(|(name, id)| Edit::Toggle(name, id)),
        1 => any::<u8>().prop_map(Edit::Future),
    ]
    .boxed()
}

fn any_member() -> impl Strategy<Value = Member> {
    let ids = select([USERS.as_slice(), &GROUPS].concat());
    (select(&["join", "join", "local_admin"][..]), ids).prop_map(|(list, id)| Member { list, id })
}

fn any_turn() -> BoxedStrategy<Turn> {
    let edits = |likely| {
        prop::option::weighted(likely, prop::collection::vec(any_edit(), 1..3)).prop_map(Option::unwrap_or_default)
    };
    let settings = prop_oneof![
        2 => Just(SettingsTurn::Same),
        3 => any_settings().prop_map(SettingsTurn::New),
        6 => any_argument().prop_map(SettingsTurn::Change),
        2 => Just(SettingsTurn::Rename),
        2 => Just(SettingsTurn::Remove),
    ];
    let force = prop_oneof![6 => Just(Force::No), 1 => Just(Force::Replace), 1 => Just(Force::Taint)];
    let members = prop::collection::vec((0..MEMBERS, prop::option::weighted(0.7, any_member())), 0..3);
    (
        settings,
        members,
        force,
        edits(0.25),
        edits(0.25),
        prop::collection::vec(any::<u8>(), 1..6),
    )
        .prop_map(|(settings, members, force, before_plan, before_apply, order)| Turn {
            settings,
            members,
            force,
            before_plan,
            before_apply,
            order,
        })
        .boxed()
}

/// Any case.
pub(super) fn any_case() -> impl Strategy<Value = Case> {
    let first = (any_settings(), any_turn()).prop_map(|(settings, turn)| Turn {
        settings: SettingsTurn::New(settings),
        ..turn
    });
    (
        prop::collection::vec(any_edit(), 0..4),
        any::<bool>(),
        any::<bool>(),
        (first, prop::collection::vec(any_turn(), 2..7)),
    )
        .prop_map(|(tenant, hands_over, one_process, (first, rest))| Case {
            tenant,
            hands_over,
            one_process,
            steps: std::iter::once(first).chain(rest).collect(),
        })
}
