//! Checks of members before they are written: they exist, they are what they are said to be, and groups have users in
//! them. An id with a typing error, or a group of devices, would otherwise shut people out without a word.

use std::collections::BTreeMap;
use std::time::Duration;

use tf_provider::{AttributePath, Diagnostics};

use super::ledger::Ledger;
use crate::graph::directory::{Asked, Denied, Directory, Found, Group, Kind};
use crate::graph::policy::ObjectId;
use crate::graph::{Deadline, GraphError};
use crate::plugin::Report;

/// How long to wait before an object that was not found is looked for once more: a new one is not known everywhere at
/// once.
const SECOND_LOOK: Duration = Duration::from_secs(1);
/// How many ids of one problem a message names.
const SHOWN: usize = 10;

/// What a check that fails comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemberChecks {
    /// An error: nothing is written.
    #[default]
    Error,
    /// A warning.
    Warn,
    /// Nothing is checked.
    Off,
}

impl MemberChecks {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warn, Self::Off];

    /// Terraform's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }

    /// The choice of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == name)
    }
}

/// A member that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id, and what it is said to be.
    pub asked: Asked,
    /// Where it stands in the configuration.
    pub path: AttributePath,
}

impl Candidate {
    /// A candidate.
    pub fn new(id: ObjectId, kind: Option<Kind>, path: AttributePath) -> Self {
        Self {
            asked: Asked { id, kind },
            path,
        }
    }
}

/// Looks up what stands behind each id; what is not found is looked for a second time.
pub async fn look(directory: &Directory, asked: &[Asked], deadline: &Deadline) -> Vec<Result<Found, GraphError>> {
    let mut found = directory.verify(asked, deadline).await;
    let missing = |found: &Result<Found, GraphError>| matches!(found, Ok(Found::Missing));
    let again: Vec<_> = (0..found.len()).filter(|at| missing(&found[*at])).collect();
    if again.is_empty() {
        return found;
    }
    // Where the time ends meanwhile the second look says so.
    let _ = deadline.bound(tokio::time::sleep(SECOND_LOOK)).await;
    let asked: Vec<_> = again.iter().map(|at| asked[*at].clone()).collect();
    let second = directory.verify(&asked, deadline).await;
    for (at, second) in again.into_iter().zip(second) {
        found[at] = second;
    }
    found
}

/// What is wrong with a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Problem {
    Missing(Option<Kind>),
    /// It is said to be this and is the other.
    Another(Kind),
    Empty,
    /// Empty, with a rule that may still be at work.
    EmptyDynamic,
}

/// Reports what is wrong with the candidates, as errors or warnings; the same problem at the same place once for all
/// ids that have it.
pub fn report(
    diags: &mut Diagnostics,
    level: MemberChecks,
    ledger: &Ledger,
    candidates: &[Candidate],
    found: &[Result<Found, GraphError>],
) {
    let mut problems: BTreeMap<(usize, Problem), Vec<String>> = BTreeMap::new();
    let mut failure = None;
    for (candidate, found) in candidates.iter().zip(found) {
        let problem = match found {
            Ok(Found::Denied(denied)) => {
                not_allowed(diags, ledger, denied);
                continue;
            }
            Err(error) => {
                failure.get_or_insert((candidate, error));
                continue;
            }
            Ok(found) => problem(candidate.asked.kind, found),
        };
        let Some((problem, shown)) = problem else { continue };
        // The first candidate at the same place stands for the place.
        let place = candidates
            .iter()
            .position(|other| other.path == candidate.path)
            .unwrap_or(0);
        let id = candidate.asked.id.as_str();
        let line = shown.map_or_else(|| id.to_owned(), |group| format!("{id} ({group})"));
        problems.entry((place, problem)).or_default().push(line);
    }
    for ((place, problem), lines) in problems {
        let Some(path) = candidates.get(place).map(|candidate| candidate.path.clone()) else {
            continue;
        };
        let (summary, detail) = problem.words(&path, &lines);
        if level == MemberChecks::Error && problem != Problem::EmptyDynamic {
            diags.error_at(path, summary, detail);
        } else {
            diags.warning_at(path, summary, detail);
        }
    }
    if let Some((candidate, error)) = failure {
        let detail = format!(
            "{error}\n\n{} Or set member_checks of the provider to \"off\" to write without checking.",
            error.advice()
        );
        let path = candidate.path.clone();
        if level == MemberChecks::Error {
            diags.error_at(path, "Members could not be looked up in the directory", detail);
        } else {
            diags.warning_at(path, "Members could not be looked up in the directory", detail);
        }
    }
}

fn problem(expected: Option<Kind>, found: &Found) -> Option<(Problem, Option<String>)> {
    match (expected, found) {
        (_, Found::Missing) => Some((Problem::Missing(expected), None)),
        (Some(expected), found) if found.kind().is_some_and(|kind| kind != expected) => {
            Some((Problem::Another(expected), None))
        }
        (_, Found::EmptyGroup(group)) if group.dynamic => Some((Problem::EmptyDynamic, Some(described(group)))),
        (_, Found::EmptyGroup(group)) => Some((Problem::Empty, Some(described(group)))),
        _ => None,
    }
}

fn described(group: &Group) -> String {
    match &group.display_name {
        Some(name) => format!("{name:?}, {}", group.in_words()),
        None => group.in_words(),
    }
}

impl Problem {
    fn words(self, path: &AttributePath, lines: &[String]) -> (&'static str, String) {
        let shown: Vec<_> = lines.iter().take(SHOWN).map(String::as_str).collect();
        let shown = shown.join("\n  ");
        let more = match lines.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        let listed = format!("\n  {shown}{more}\n");
        match self {
            Self::Missing(kind) => {
                let kind = kind.map_or("user or group", Kind::as_str);
                (
                    "No such member in the directory",
                    format!(
                        "The tenant's directory has no {kind} with the object id in {path}:{listed}Check the id: it is \
                         the object id, not the application id of an app nor the id of a device. If the {kind} was \
                         created a moment ago, run Terraform again."
                    ),
                )
            }
            Self::Another(expected) => {
                let (are, given, right) = match expected {
                    Kind::User => ("groups, not users", "users", "groups"),
                    Kind::Group => ("users, not groups", "groups", "users"),
                };
                (
                    "The member is of another kind",
                    format!(
                        "In {path} these are {are}:{listed}The device settings list users and groups apart. Move them from \
                         {given} to {right}, or of an autopilot_device_join_member correct the type."
                    ),
                )
            }
            Self::Empty => (
                "The group contains no users",
                format!(
                    "Device settings apply to the users in a group, nested groups included. In {path}, there are no users \
                     in:{listed}A group of devices has no effect here. Add users to the group, or use another group. If \
                     this configuration adds the users, let this resource depend on that (depends_on)."
                ),
            ),
            Self::EmptyDynamic => (
                "The group contains no users yet",
                format!(
                    "In {path}, there are no users yet in:{listed}Microsoft Entra ID fills a dynamic group by its rule, \
                     which can take minutes for a new group and a day in a large tenant. Until then the group has no \
                     effect. Check that the rule selects users, not devices."
                ),
            ),
        }
    }
}

/// Says once that a look-up is not allowed.
fn not_allowed(diags: &mut Diagnostics, ledger: &Ledger, denied: &Denied) {
    let needs = denied.needs;
    if !ledger.first_time(&format!("denied {}", needs.doing)) {
        return;
    }
    let least = needs.application.first().copied().unwrap_or_default();
    diags.warning_at(
        AttributePath::root(),
        format!("Members were not checked: the permission {least} is missing"),
        format!(
            "Microsoft Graph does not let the provider {}, so the provider cannot check the members. They are written \
             unchecked. Grant {least}, or set member_checks = \"off\" in the provider block to hide this warning.\n\n{}\
             \n\n{}",
            needs.doing,
            denied.error,
            denied.error.advice()
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::directory::{GroupKind, READ_GROUPS};
    use crate::graph::error::{Call, HttpError};

    fn candidate(id: &str, kind: Option<Kind>, attribute: &'static str) -> Candidate {
        Candidate::new(ObjectId::from_graph(id), kind, AttributePath::new(attribute))
    }

    fn group(dynamic: bool) -> Group {
        Group {
            id: ObjectId::from_graph("g"),
            display_name: Some("Kiosks".to_owned()),
            kind: GroupKind::Security,
            rule: None,
            dynamic,
        }
    }

    fn forbidden() -> GraphError {
        let call = Call::new("GET", "/v1.0/groups/g");
        GraphError::Http(Box::new(HttpError::new(
            call,
            403,
            "Authorization_RequestDenied",
            "No.",
        )))
    }

    fn reported(level: MemberChecks, kind: Option<Kind>, found: Found) -> (Vec<String>, Vec<String>) {
        let mut diags = Diagnostics::default();
        let candidates = [candidate("x", kind, "object_id")];
        report(&mut diags, level, &Ledger::default(), &candidates, &[Ok(found)]);
        let text = |list: Vec<tf_provider::Diagnostic>| list.into_iter().map(|one| one.summary.into_owned()).collect();
        (text(diags.errors), text(diags.warnings))
    }

    #[test]
    fn each_problem_is_what_the_level_makes_of_it() {
        let (user, in_group) = (Some(Kind::User), Some(Kind::Group));
        let table = [
            (user, Found::User, None),
            (None, Found::User, None),
            (in_group, Found::Group { users: 2 }, None),
            (user, Found::Missing, Some("No such member in the directory")),
            (in_group, Found::User, Some("The member is of another kind")),
            (user, Found::Group { users: 2 }, Some("The member is of another kind")),
            (
                user,
                Found::EmptyGroup(group(true)),
                Some("The member is of another kind"),
            ),
            (
                in_group,
                Found::EmptyGroup(group(false)),
                Some("The group contains no users"),
            ),
            (
                None,
                Found::EmptyGroup(group(false)),
                Some("The group contains no users"),
            ),
        ];
        for (kind, found, summary) in table {
            let expected: Vec<_> = summary.into_iter().map(str::to_owned).collect();
            let (errors, warnings) = reported(MemberChecks::Error, kind, found.clone());
            assert_eq!((errors, warnings), (expected.clone(), Vec::new()), "{kind:?} {found:?}");
            let (errors, warnings) = reported(MemberChecks::Warn, kind, found.clone());
            assert_eq!((errors, warnings), (Vec::new(), expected), "{kind:?} {found:?}");
        }
    }

    #[test]
    fn a_dynamic_group_without_users_only_warns() {
        let (errors, warnings) = reported(MemberChecks::Error, Some(Kind::Group), Found::EmptyGroup(group(true)));
        assert_eq!(
            (errors, warnings),
            (vec![], vec!["The group contains no users yet".to_owned()])
        );
    }

    #[test]
    fn a_missing_permission_is_one_warning_that_names_it() {
        let mut diags = Diagnostics::default();
        let denied = || {
            Ok(Found::Denied(Denied {
                needs: &READ_GROUPS,
                error: forbidden(),
            }))
        };
        let candidates = [candidate("x", None, "object_id"), candidate("y", None, "object_id")];
        let ledger = Ledger::default();
        report(
            &mut diags,
            MemberChecks::Error,
            &ledger,
            &candidates,
            &[denied(), denied()],
        );
        report(&mut diags, MemberChecks::Error, &ledger, &candidates[..1], &[denied()]);
        assert!(diags.errors.is_empty());
        assert_eq!(diags.warnings.len(), 1);
        assert!(diags.warnings[0].summary.contains("GroupMember.Read.All"));
    }

    #[test]
    fn many_ids_with_one_problem_are_one_message_at_their_place() {
        let mut candidates: Vec<_> = (0..13)
            .map(|n| candidate(&format!("g{n}"), Some(Kind::Group), "groups"))
            .collect();
        candidates.push(candidate("u", Some(Kind::User), "users"));
        let found: Vec<_> = candidates.iter().map(|_| Ok(Found::Missing)).collect();
        let mut diags = Diagnostics::default();
        report(&mut diags, MemberChecks::Error, &Ledger::default(), &candidates, &found);
        let paths: Vec<_> = diags.errors.iter().map(|error| error.attribute.clone()).collect();
        assert_eq!(paths, [AttributePath::new("groups"), AttributePath::new("users")]);
        assert!(
            diags.errors[0].detail.contains("g9\n  and 3 more"),
            "{}",
            diags.errors[0].detail
        );
    }

    #[test]
    fn a_look_up_that_fails_is_told_once() {
        let failed = || Err(GraphError::credential("no token", ""));
        let candidates = [candidate("x", None, "groups"), candidate("y", None, "groups")];
        let mut diags = Diagnostics::default();
        report(
            &mut diags,
            MemberChecks::Error,
            &Ledger::default(),
            &candidates,
            &[failed(), failed()],
        );
        assert_eq!((diags.errors.len(), diags.warnings.len()), (1, 0));
        report(
            &mut diags,
            MemberChecks::Warn,
            &Ledger::default(),
            &candidates,
            &[failed(), failed()],
        );
        assert_eq!((diags.errors.len(), diags.warnings.len()), (1, 1));
    }
}
