//! A small model of Terraform's core: it refreshes, plans, and applies in any order that a graph allows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::{Action, Block, Change, Configuration, Object, Plan, State, Step};
use super::rules;
use super::tenant::Tenant;
use super::wire::{Applied, Planned, Process, Said};

/// One half or the whole of a change, in the order of its address.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Operation {
    Create,
    Update,
    Destroy,
    DestroyDeposed(u32),
}

/// A client.
pub(super) struct Core {
    pub(super) tenant: Tenant,
    /// Whether the apply phase hands over the private data of the plan (Terraform 1.16 and later).
    pub(super) hands_over: bool,
}

impl Core {
    /// Refreshes the state and plans. `None` where the provider refuses.
    pub(super) async fn plan(
        &self,
        process: &Process,
        state: &State,
        configuration: &Configuration,
        replace: &[String],
    ) -> Option<Plan> {
        let mut state = state.clone();
        let mut gone = Vec::new();
        let current = state.current.iter_mut().map(|(_, object)| object);
        for object in current.chain(state.deposed.iter_mut().map(|(_, object)| object)) {
            (object.value, object.private) = process.read(object.type_name, &object.value, &object.private).await;
            if object.value.is_null() {
                gone.push(object.number);
            }
        }
        state.current.retain(|_, object| !gone.contains(&object.number));
        state.deposed.retain(|(_, object)| !gone.contains(&object.number));
        let mut plan = Plan {
            state,
            changes: BTreeMap::new(),
            seen: self.tenant.leaves(),
        };
        let mut refused = false;
        for (address, block) in configuration {
            let (change, said) = self
                .plan_block(process, &plan.state, address, block, replace.contains(address))
                .await;
            refused |= said.iter().any(|said| said.is_error);
            plan.changes.insert(address.clone(), change);
        }
        let objects: Vec<_> = plan
            .state
            .current
            .iter()
            .map(|(address, object)| (address.clone(), object.clone()))
            .collect();
        for (address, object) in objects {
            if !configuration.contains_key(&address) {
                let planned = plan_destroy(process, &object).await;
                let change = Change {
                    action: Action::Destroy,
                    planned: Value::Null,
                    private: planned.private,
                    config: Value::Null,
                };
                plan.changes.insert(address, change);
            }
        }
        for (_, object) in &plan.state.deposed {
            plan_destroy(process, object).await;
        }
        (!refused).then_some(plan)
    }

    async fn plan_block(
        &self,
        process: &Process,
        state: &State,
        address: &str,
        block: &Block,
        replace: bool,
    ) -> (Change, Vec<Said>) {
        let replacement = if block.create_first {
            Action::CreateFirst
        } else {
            Action::DestroyFirst
        };
        let mut said = Vec::new();
        let (mut action, mut prior_private) = (Action::Create, Vec::new());
        match state.current.get(address) {
            Some(object) if object.tainted => action = replacement,
            Some(object) => {
                let config = rules::ignored(&object.value, &block.config, &block.ignore);
                let first = plan_value(process, block, &object.value, &config, [&object.private, &[]]).await;
                let differs = |name: &String| object.value[name] != first.value[name];
                let replaces = replace || first.requires_replace.iter().any(differs);
                if !replaces || first.said.iter().any(|said| said.is_error) {
                    let action = if first.value == object.value {
                        Action::NoOp
                    } else {
                        Action::Update
                    };
                    return (
                        Change {
                            action,
                            planned: first.value,
                            private: first.private,
                            config,
                        },
                        first.said,
                    );
                }
                (action, prior_private, said) = (replacement, first.private, first.said);
            }
            None => {}
        }
        let planned = plan_value(process, block, &Value::Null, &block.config, [&prior_private, &[]]).await;
        said.extend(planned.said);
        (
            Change {
                action,
                planned: planned.value,
                private: planned.private,
                config: block.config.clone(),
            },
            said,
        )
    }

    /// Applies a plan. `order` chooses among the operations that may come next; `check` sees each of them.
    pub(super) async fn apply(
        &self,
        process: &Process,
        plan: &Plan,
        configuration: &Configuration,
        order: &[u8],
        mut check: impl FnMut(&Step<'_>),
    ) -> State {
        let mut state = plan.state.clone();
        let mut chains = Vec::new();
        for (address, change) in plan.effective() {
            let operations = match change.action {
                Action::DestroyFirst => vec![Operation::Create, Operation::Destroy],
                Action::CreateFirst => {
                    let left = state.current[address].number;
                    vec![Operation::DestroyDeposed(left), Operation::Create]
                }
                Action::Create => vec![Operation::Create],
                Action::Update => vec![Operation::Update],
                Action::Destroy => vec![Operation::Destroy],
                Action::NoOp => vec![],
            };
            chains.push((address.clone(), operations));
        }
        for (address, object) in &state.deposed {
            chains.push((address.clone(), vec![Operation::DestroyDeposed(object.number)]));
        }
        let mut order = order.iter().cycle();
        while !chains.is_empty() {
            let at = usize::from(*order.next().unwrap()) % chains.len();
            let (address, operation) = (chains[at].0.clone(), chains[at].1.pop().unwrap());
            let done = self
                .operate(
                    process,
                    plan,
                    &mut state,
                    configuration,
                    &address,
                    operation,
                    &mut check,
                )
                .await;
            if !done || chains[at].1.is_empty() {
                chains.remove(at);
            }
        }
        state
    }

    /// Whether what depends on the operation may follow.
    #[expect(clippy::too_many_arguments, reason = "the apply's own state")]
    async fn operate(
        &self,
        process: &Process,
        plan: &Plan,
        state: &mut State,
        configuration: &Configuration,
        address: &str,
        operation: Operation,
        check: &mut impl FnMut(&Step<'_>),
    ) -> bool {
        let change = plan.changes.get(address);
        let create_first = change.is_some_and(|change| change.action == Action::CreateFirst);
        let deposed_at = |state: &State, number| state.deposed.iter().position(|(_, object)| object.number == number);
        let prior = match operation {
            Operation::Create => None,
            Operation::Update | Operation::Destroy => state.current.get(address).cloned(),
            Operation::DestroyDeposed(number) => deposed_at(state, number).map(|at| state.deposed[at].1.clone()),
        };
        if operation == Operation::Create && create_first {
            let object = state.current.remove(address).unwrap();
            state.deposed.push((address.to_owned(), object));
        }
        let (before, puts) = (self.tenant.leaves(), self.tenant.puts());
        let block = configuration.get(address);
        let applied = match operation {
            Operation::DestroyDeposed(_) => {
                let object = prior.as_ref().unwrap();
                let planned = plan_destroy(process, object).await;
                apply_destroy(process, object, &planned.private).await
            }
            Operation::Destroy => apply_destroy(process, prior.as_ref().unwrap(), &change.unwrap().private).await,
            Operation::Create | Operation::Update => {
                self.apply_block(process, change.unwrap(), block.unwrap(), prior.as_ref())
                    .await
            }
        };
        let failed = applied.failed();
        let number = prior.as_ref().map_or(state.next, |object| object.number);
        state.next += u32::from(prior.is_none());
        let object = (!applied.value.is_null()).then(|| Object {
            number,
            type_name: prior
                .as_ref()
                .map_or_else(|| block.unwrap().type_name, |object| object.type_name),
            value: applied.value,
            private: applied.private,
            tainted: match &prior {
                None => failed,
                Some(object) => object.tainted,
            },
        });
        assert!(failed || object.is_some() == matches!(operation, Operation::Create | Operation::Update));
        let replaced = match (operation, change.map(|change| change.action)) {
            (Operation::Create, Some(Action::DestroyFirst | Action::CreateFirst)) => plan.state.current.get(address),
            _ => None,
        };
        let step = Step {
            prior: prior.as_ref(),
            object: object.as_ref(),
            replaces: replaced,
            planned: change.map_or(&Value::Null, |change| &change.planned),
            config: change.map_or(&Value::Null, |change| &change.config),
            action: change.map_or(Action::Destroy, |change| change.action),
            destroys: matches!(operation, Operation::Destroy | Operation::DestroyDeposed(_)),
            is_half: operation == Operation::Destroy
                && change.is_some_and(|change| change.action == Action::DestroyFirst),
            others: plan
                .state
                .objects()
                .chain(state.objects())
                .filter(|object| object.number != number)
                .cloned()
                .collect(),
            seen: &plan.seen,
            before,
            after: self.tenant.leaves(),
            wrote: self.tenant.puts() != puts,
            said: &applied.said,
        };
        check(&step);
        match (operation, object) {
            (Operation::DestroyDeposed(number), None) => state.deposed.retain(|(_, object)| object.number != number),
            (Operation::DestroyDeposed(number), Some(object)) => {
                let at = deposed_at(state, number).unwrap();
                state.deposed[at].1 = object;
            }
            (_, Some(object)) => {
                state.current.insert(address.to_owned(), object);
            }
            (Operation::Create, None) if create_first => {
                let (_, object) = state.deposed.pop().unwrap();
                state.current.insert(address.to_owned(), object);
            }
            (_, None) => {
                state.current.remove(address);
            }
        }
        !failed
    }

    /// Plans again, with what is known now, and applies.
    async fn apply_block(&self, process: &Process, change: &Change, block: &Block, prior: Option<&Object>) -> Applied {
        let prior_private = prior.map_or(&[][..], |object| &object.private);
        let prior = prior.map_or(&Value::Null, |object| &object.value);
        let handed_over = if self.hands_over { &change.private[..] } else { &[] };
        let second = plan_value(process, block, prior, &change.config, [prior_private, handed_over]).await;
        if let Some(refusal) = second.said.iter().find(|said| said.is_error) {
            return Applied {
                value: prior.clone(),
                private: prior_private.to_vec(),
                said: vec![refusal.clone()],
            };
        }
        rules::check_kept("the second plan", &change.planned, &second.value);
        let applied = process
            .apply(block.type_name, [prior, &second.value, &block.config], &second.private)
            .await;
        rules::check_known(&applied.value);
        if !applied.failed() {
            rules::check_kept("the new state", &second.value, &applied.value);
        }
        applied
    }
}

async fn plan_value(process: &Process, block: &Block, prior: &Value, config: &Value, private: [&[u8]; 2]) -> Planned {
    let rules = rules::of(block.type_name);
    let proposed = rules::proposed(rules, prior, config);
    let planned = process.plan(block.type_name, [prior, &proposed, config], private).await;
    if !planned.said.iter().any(|said| said.is_error) {
        rules::check_plan(rules, prior, config, &planned.value);
    }
    planned
}

async fn plan_destroy(process: &Process, object: &Object) -> Planned {
    let null = &Value::Null;
    let planned = process
        .plan(object.type_name, [&object.value, null, null], [&object.private, &[]])
        .await;
    assert!(planned.value.is_null() && !planned.said.iter().any(|said| said.is_error));
    planned
}

async fn apply_destroy(process: &Process, object: &Object, private: &[u8]) -> Applied {
    let null = &Value::Null;
    process
        .apply(object.type_name, [&object.value, null, null], private)
        .await
}
