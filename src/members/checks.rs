//! Checks of members before they are written: they exist, they are what they are said to be, and groups have users in
//! them. An id with a typing error, or a group of devices, would otherwise shut people out without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use tf_provider::{AttributePath, Diagnostics};
use tokio::time::{Instant, sleep};

use crate::diagnose::graph_error;
use crate::graph::directory::{Asked, Denied, Directory, Found, Group, Kind};
use crate::graph::policy::ObjectId;
use crate::graph::{Deadline, GraphError};
use crate::plugin::Report;
use crate::settings::describe;
use crate::words::words;

/// The time for which an id that is not found is asked for again: Graph shows a new object only after a while.
const MISSING_TIMEOUT: Duration = Duration::from_secs(30);
/// The time for which an apply waits for the users of new groups: the index that counts them lags behind.
const USERS_TIMEOUT: Duration = Duration::from_secs(60);
/// The waits before an id is asked for again, in seconds; the last one repeats.
const BACK_OFF: [u64; 5] = [1, 2, 4, 8, 15];
/// The age up to which a group counts as new, and may be without users.
const NEW_GROUP: Duration = Duration::from_secs(15 * 60);

words! {
    /// The severity of a failed check.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum MemberChecks {
        /// An error: nothing is written.
        #[default]
        Error = "error",
        /// A warning.
        Warn = "warn",
        /// Nothing is checked.
        Off = "off",
    }
}

/// A member that a plan adds to a list.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The object id.
    pub id: ObjectId,
    /// The kind that the configuration names; none where it is to be found out.
    pub kind: Option<Kind>,
    /// The top-level attribute, for diagnostics.
    pub path: AttributePath,
    /// The full path of the attribute, for texts: "allowed_to_join.groups" or "object_id".
    pub place: String,
}

/// The result of a check that found no error.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The kind of each candidate: the one in the directory, or the one that the configuration names.
    pub kinds: BTreeMap<ObjectId, Kind>,
    /// Groups without users that are so new that the apply waits for their users.
    pub awaiting: Vec<ObjectId>,
}

/// Looks the candidates up and reports what is wrong with them; `None` after an error. Without checks
/// ([`MemberChecks::Off`]) it only finds out the kinds that the configuration does not name.
pub async fn check(
    directory: &Directory,
    diags: &mut Diagnostics,
    level: MemberChecks,
    candidates: &[Candidate],
    deadline: &Deadline,
) -> Option<Checked> {
    let errors_before = diags.errors.len();
    let is_checked = |one: &&Candidate| level != MemberChecks::Off || one.kind.is_none();
    let (candidates, unchecked): (Vec<_>, Vec<_>) = candidates.iter().partition(is_checked);
    let asked: Vec<_> = candidates.iter().map(|one| asked(&one.id, one.kind)).collect();
    let is_missing = |found: &Found| matches!(found, Found::Missing);
    let found = look_up(directory, &asked, MISSING_TIMEOUT, is_missing, deadline).await;

    let mut checked = Checked::default();
    let mut findings = Vec::new();
    let mut denied = BTreeMap::new();
    let mut failed = None;
    for (candidate, found) in candidates.iter().copied().zip(&found) {
        match found {
            Ok(Found::Denied(refusal)) if candidate.kind.is_none() => report_unknown_kind(diags, candidate, refusal),
            Ok(Found::Denied(refusal)) => {
                denied.entry(refusal.needs.doing).or_insert(refusal);
            }
            Ok(found) if level != MemberChecks::Off || is_missing(found) => {
                findings.extend(Finding::of(candidate, found))
            }
            Ok(_) => {}
            Err(error) if candidate.kind.is_none() => {
                let path = Some(candidate.path.clone());
                graph_error(diags, error, "The type of the member could not be looked up", path);
            }
            Err(error) => failed = failed.or(Some((candidate, error))),
        }
        let kind = found.as_ref().ok().and_then(Found::kind).or(candidate.kind);
        checked.kinds.extend(kind.map(|kind| (candidate.id.clone(), kind)));
    }
    let named = unchecked.iter().filter_map(|one| Some((one.id.clone(), one.kind?)));
    checked.kinds.extend(named);
    let awaiting = findings.iter().filter(|finding| finding.problem == Problem::New);
    checked.awaiting = awaiting.map(|finding| finding.candidate.id.clone()).collect();

    report(diags, level, &findings);
    for refusal in denied.into_values() {
        report_denied(diags, refusal);
    }
    if let Some((candidate, error)) = failed {
        report_failed(diags, level, candidate, error);
    }
    (diags.errors.len() == errors_before).then_some(checked)
}

/// Waits in an apply for at most a minute until users appear in each of these groups, then warns of those still without.
pub async fn await_users(directory: &Directory, diags: &mut Diagnostics, groups: &[ObjectId], deadline: &Deadline) {
    let asked: Vec<_> = groups.iter().map(|id| asked(id, Some(Kind::Group))).collect();
    let is_empty = |found: &Found| matches!(found, Found::EmptyGroup(_) | Found::Missing);
    let found = look_up(directory, &asked, USERS_TIMEOUT, is_empty, deadline).await;
    for (id, found) in groups.iter().zip(found) {
        let line = match found {
            Ok(Found::EmptyGroup(group)) => line(id, Some(&group)),
            Ok(Found::Missing) => line(id, None),
            _ => continue,
        };
        let detail = format!(
            "Microsoft Graph still counts no users in:\n  {line}\nThe apply goes on with the group, which has no effect \
             until it contains users. If another resource adds them, let this one depend on it (depends_on)."
        );
        let summary = format!("The group contains no users yet: {id}");
        diags.warning_at(AttributePath::root(), summary, detail);
    }
}

fn asked(id: &ObjectId, kind: Option<Kind>) -> Asked {
    Asked { id: id.clone(), kind }
}

/// Looks ids up, and those of `retried` answers again until the timeout. That is at most half of the time that the
/// operation has left, so that the rest of it can still be done, or the error be told.
async fn look_up(
    directory: &Directory,
    asked: &[Asked],
    timeout: Duration,
    retried: impl Fn(&Found) -> bool,
    deadline: &Deadline,
) -> Vec<Result<Found, GraphError>> {
    let end = Instant::now() + timeout.min(deadline.remaining() / 2);
    let mut found = directory.verify(asked, deadline).await;
    let mut waits = BACK_OFF.into_iter();
    let mut wait = Duration::ZERO;
    loop {
        let again: Vec<_> = (0..found.len())
            .filter(|at| found[*at].as_ref().is_ok_and(&retried))
            .collect();
        let left = end.saturating_duration_since(Instant::now());
        if again.is_empty() || left.is_zero() {
            return found;
        }
        wait = waits.next().map_or(wait, Duration::from_secs);
        // When the operation ends meanwhile, the next answers say so.
        let _ = deadline.bound(sleep(wait.min(left))).await;
        let asked: Vec<_> = again.iter().map(|at| asked[*at].clone()).collect();
        for (at, answer) in again.into_iter().zip(directory.verify(&asked, deadline).await) {
            found[at] = answer;
        }
    }
}

/// A problem of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Problem {
    Missing(Option<Kind>),
    /// It is said to be this, and is the other.
    OtherKind(Kind),
    Empty,
    /// Empty and new.
    New,
    /// Empty, and filled by a rule.
    Dynamic,
    /// Empty, as far as Graph shows its members.
    Hidden,
    Guest,
}

/// A candidate with a problem.
struct Finding<'a> {
    candidate: &'a Candidate,
    problem: Problem,
    group: Option<&'a Group>,
}

impl<'a> Finding<'a> {
    fn of(candidate: &'a Candidate, found: &'a Found) -> Option<Self> {
        let (problem, group) = match (candidate.kind, found) {
            (kind, Found::Missing) => (Problem::Missing(kind), None),
            (Some(kind), found) if found.kind() != Some(kind) => (Problem::OtherKind(kind), None),
            (_, Found::User { guest: true }) => (Problem::Guest, None),
            (_, Found::EmptyGroup(group)) => (Problem::of_empty(group), Some(group)),
            _ => return None,
        };
        Some(Self {
            candidate,
            problem,
            group,
        })
    }

    fn is_error(&self, level: MemberChecks) -> bool {
        match self.problem {
            // What is neither user nor group can be in no list.
            Problem::Missing(None) => true,
            Problem::Missing(_) | Problem::OtherKind(_) | Problem::Empty => level == MemberChecks::Error,
            Problem::New | Problem::Dynamic | Problem::Hidden | Problem::Guest => false,
        }
    }
}

impl Problem {
    fn of_empty(group: &Group) -> Self {
        // By a clock that is behind Graph's, a group can be created in the future.
        let is_old = |created: SystemTime| created.elapsed().is_ok_and(|age| age >= NEW_GROUP);
        if group.hidden_members {
            Self::Hidden
        } else if group.dynamic {
            Self::Dynamic
        } else if group.created.is_none_or(is_old) {
            Self::Empty
        } else {
            Self::New
        }
    }

    const fn summary(self) -> &'static str {
        match self {
            Self::Missing(_) => "No such member in the directory",
            Self::OtherKind(_) => "The member is of another kind",
            Self::Empty => "The group contains no users",
            Self::New | Self::Dynamic => "The group contains no users yet",
            Self::Hidden => "Users cannot be counted without Member.Read.Hidden",
            Self::Guest => "Guests cannot sign in to joined devices",
        }
    }

    fn detail(self, place: &str, ids: &str) -> String {
        match self {
            Self::Missing(kind) => {
                let kind = kind.map_or("user or group", Kind::as_str);
                format!(
                    "The tenant's directory has no {kind} with the object id in {place}:{ids}Check the id: it is the object \
                     id, not the application id of an app nor the id of a device. If the {kind} was created a moment ago, \
                     run Terraform again."
                )
            }
            Self::OtherKind(expected) => {
                let (are, given, right) = match expected {
                    Kind::User => ("groups, not users", "users", "groups"),
                    Kind::Group => ("users, not groups", "groups", "users"),
                };
                format!(
                    "In {place} these are {are}:{ids}The device settings list users and groups apart. Move them from {given} \
                     to {right}, or correct the type of the autopilot_device_join_member."
                )
            }
            Self::Empty => format!(
                "Device settings apply to the users in a group. In {place}, there are no users in:{ids}A group of devices \
                 has no effect here. Add users to the group, or use another group. If this configuration adds the users, \
                 let this resource depend on that (depends_on)."
            ),
            Self::New => format!(
                "In {place}, Microsoft Graph counts no users yet in a group that is new:{ids}The count can lag behind. An \
                 apply waits up to a minute for the users and then goes on. The group has no effect until it contains users."
            ),
            Self::Dynamic => format!(
                "In {place}, there are no users yet in:{ids}Microsoft Entra ID fills a dynamic group by its rule, which can \
                 take minutes for a new group and a day in a large tenant. Until then the group has no effect. Check that \
                 the rule selects users, not devices."
            ),
            Self::Hidden => format!(
                "In {place}, the membership of this group is hidden:{ids}Without the permission Member.Read.Hidden, \
                 Microsoft Graph counts no users in it, so the provider cannot check that there are any. Grant the \
                 permission, or make sure that the group contains users."
            ),
            Self::Guest => format!(
                "In {place}, this user is a guest:{ids}Guests cannot sign in to a device that is joined to Microsoft Entra \
                 ID, and cannot become local administrators of it. List a member of the tenant instead."
            ),
        }
    }
}

/// Reports the findings: one error for all ids with the same problem in the same list, and one warning for each object, since
/// Terraform shows only the first of several warnings with equal summaries.
fn report(diags: &mut Diagnostics, level: MemberChecks, findings: &[Finding<'_>]) {
    let mut errors: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut warnings: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for finding in findings {
        let Finding { candidate, problem, .. } = finding;
        if finding.is_error(level) {
            errors.entry((&candidate.place, problem)).or_default().push(finding);
        } else {
            warnings.entry((&candidate.id, problem)).or_default().push(finding);
        }
    }
    for ((_, problem), findings) in errors {
        let (path, detail) = told(*problem, &findings);
        diags.error_at(path, problem.summary(), detail);
    }
    for ((id, problem), findings) in warnings {
        let (path, detail) = told(*problem, &findings);
        diags.warning_at(path, format!("{}: {id}", problem.summary()), detail);
    }
}

fn told(problem: Problem, findings: &[&Finding<'_>]) -> (AttributePath, String) {
    let places: BTreeSet<_> = findings.iter().map(|one| one.candidate.place.as_str()).collect();
    let lines: BTreeSet<_> = findings.iter().map(|one| line(&one.candidate.id, one.group)).collect();
    let ids = describe::lines(lines.into_iter()) + "\n";
    let place = places.into_iter().collect::<Vec<_>>().join(" and ");
    let path = findings.first().map(|one| one.candidate.path.clone());
    (path.unwrap_or_default(), problem.detail(&place, &ids))
}

fn line(id: &ObjectId, group: Option<&Group>) -> String {
    match group.map(|group| (&group.display_name, group.in_words())) {
        Some((Some(name), words)) => format!("{id} ({name:?}, {words})"),
        Some((None, words)) => format!("{id} ({words})"),
        None => id.to_string(),
    }
}

fn report_denied(diags: &mut Diagnostics, Denied { needs, error }: &Denied) {
    let least = needs.application.first().copied().unwrap_or_default();
    let detail = format!(
        "Microsoft Graph does not let the provider {}, so the provider cannot check the members. They are written \
         unchecked. Grant {least}, or set member_checks = \"off\" in the provider block to hide this warning.\
         \n\n{error}\n\n{}",
        needs.doing,
        error.advice()
    );
    let summary = format!("Members were not checked: the permission {least} is missing");
    diags.warning_at(AttributePath::root(), summary, detail);
}

fn report_unknown_kind(diags: &mut Diagnostics, candidate: &Candidate, Denied { needs, error }: &Denied) {
    let detail = format!(
        "Microsoft Graph does not let the provider {}, so the provider cannot tell whether {} is a user or a group. Set \
         type to \"user\" or \"group\", or grant the permission {}.\n\n{error}",
        needs.doing,
        candidate.id,
        needs.application.first().copied().unwrap_or_default(),
    );
    diags.error_at(candidate.path.clone(), "The type of the member is unknown", detail);
}

fn report_failed(diags: &mut Diagnostics, level: MemberChecks, candidate: &Candidate, error: &GraphError) {
    let path = candidate.path.clone();
    let summary = "Members could not be looked up in the directory";
    let detail = format!(
        "{error}\n\n{} Or set member_checks of the provider to \"off\" to write without checking.",
        error.advice()
    );
    if level == MemberChecks::Error {
        diags.error_at(path, summary, detail);
    } else {
        diags.warning_at(path, summary, detail);
    }
}

#[cfg(test)]
#[path = "checks_test.rs"]
mod tests;
