//! The tenant's device registration policy: what it is, what a PUT may make of it, and how it reads back.

mod membership;
mod readback;
mod rules;

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::GraphError;
use crate::switches::Switches;

pub(crate) use readback::Reader;
pub(crate) use rules::Rules;

/// One state the policy came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyWrite {
    /// The `request-id` of the PUT; absent when it was changed behind Graph's back.
    pub request_id: Option<String>,
    /// The policy after it.
    pub policy: Value,
}

/// The policy with the replicas that lag behind it.
#[derive(Debug)]
pub(crate) struct PolicyState {
    current: Value,
    stale: Option<Stale>,
    writes: Vec<PolicyWrite>,
    reads: u64,
}

/// What readers are still shown after a write.
#[derive(Debug)]
struct Stale {
    policy: Value,
    reads: u32,
    until: Instant,
}

impl PolicyState {
    pub(crate) fn new(policy: Value) -> Self {
        Self {
            current: policy,
            stale: None,
            writes: Vec::new(),
            reads: 0,
        }
    }

    pub(crate) fn current(&self) -> &Value {
        &self.current
    }

    pub(crate) fn writes(&self) -> &[PolicyWrite] {
        &self.writes
    }

    pub(crate) fn clear_writes(&mut self) {
        self.writes.clear();
    }

    /// An edit by somebody else, which everyone sees at once.
    pub(crate) fn set(&mut self, policy: Value) {
        self.stale = None;
        self.enter(None, policy);
    }

    /// What one GET sees: the policy, or for a while after a write the one before it. Answers how many GETs there were too.
    pub(crate) fn read(&mut self) -> (&Value, u64) {
        self.reads += 1;
        let now = Instant::now();
        let counted = match &mut self.stale {
            Some(stale) if stale.reads > 0 => {
                stale.reads -= 1;
                true
            }
            _ => false,
        };
        let shown = match &self.stale {
            Some(stale) if counted || now < stale.until => &stale.policy,
            _ => &self.current,
        };
        (shown, self.reads)
    }

    /// One PUT: the new policy, or why it is refused and nothing changed.
    pub(crate) fn replace(&mut self, body: &Value, rules: &Rules<'_>, request_id: &str) -> Result<&Value, GraphError> {
        let next = rules.replace(&self.current, body)?;
        self.lag(rules.switches);
        self.enter(Some(request_id.to_owned()), next);
        Ok(&self.current)
    }

    fn lag(&mut self, switches: &Switches) {
        if switches.stale_reads == 0 && switches.stale_millis == 0 {
            return;
        }
        let now = Instant::now();
        let shown = match self.stale.take() {
            Some(stale) if stale.reads > 0 || now < stale.until => stale.policy,
            _ => self.current.clone(),
        };
        self.stale = Some(Stale {
            policy: shown,
            reads: switches.stale_reads,
            until: now + Duration::from_millis(switches.stale_millis),
        });
    }

    fn enter(&mut self, request_id: Option<String>, policy: Value) {
        self.current = policy;
        self.writes.push(PolicyWrite {
            request_id,
            policy: self.current.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::seeds::default_policy;

    fn quota(policy: &Value) -> i64 {
        policy["userDeviceQuota"].as_i64().unwrap()
    }

    fn put(state: &mut PolicyState, switches: &Switches, quota: i64) {
        let mut body = state.current().clone();
        body["userDeviceQuota"] = json!(quota);
        let rules = Rules::new(switches, &|_| true);
        state.replace(&body, &rules, "request").unwrap();
    }

    #[test]
    fn a_write_is_seen_at_once_by_default() {
        let mut state = PolicyState::new(default_policy());
        put(&mut state, &Switches::default(), 7);
        assert_eq!(quota(state.read().0), 7);
        assert_eq!(state.writes().len(), 1);
    }

    #[test]
    fn stale_reads_are_counted() {
        let switches = Switches {
            stale_reads: 2,
            ..Switches::default()
        };
        let mut state = PolicyState::new(default_policy());
        put(&mut state, &switches, 7);
        let seen: Vec<i64> = (0..3).map(|_| quota(state.read().0)).collect();
        assert_eq!(seen, [50, 50, 7]);
    }

    #[test]
    fn a_write_while_stale_starts_the_count_again() {
        let switches = Switches {
            stale_reads: 1,
            ..Switches::default()
        };
        let mut state = PolicyState::new(default_policy());
        put(&mut state, &switches, 7);
        put(&mut state, &switches, 8);
        let seen: Vec<i64> = (0..2).map(|_| quota(state.read().0)).collect();
        assert_eq!(seen, [50, 8]);
    }

    #[test]
    fn stale_reads_can_last_for_a_time() {
        let switches = Switches {
            stale_millis: 40,
            ..Switches::default()
        };
        let mut state = PolicyState::new(default_policy());
        put(&mut state, &switches, 7);
        assert_eq!(quota(state.read().0), 50);
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(quota(state.read().0), 7);
    }

    #[test]
    fn an_edit_from_outside_is_seen_by_all() {
        let switches = Switches {
            stale_reads: 9,
            ..Switches::default()
        };
        let mut state = PolicyState::new(default_policy());
        put(&mut state, &switches, 7);
        let mut outside = default_policy();
        outside["userDeviceQuota"] = json!(3);
        state.set(outside);
        assert_eq!(quota(state.read().0), 3);
    }
}
