//! A tenant in memory: with latency, faults, stale reads and other writers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::graph::error::{Call, ConnectError, GivenUp, HttpError, Throttled, TokenError};
use crate::graph::policy::Policy;
use crate::graph::{Deadline, GraphError, PolicyTransport};

/// One way, so a request takes twice this.
pub(super) const LATENCY: Duration = Duration::from_millis(10);

/// A fault of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// 503, and nothing was done.
    UnavailableBefore,
    /// 503, and it was done.
    UnavailableAfter,
    /// The connection broke after it was done.
    Reset,
    /// 429 with a time to wait.
    Throttled,
    /// 403.
    Forbidden,
    /// 401: the token is refused.
    Unauthorized,
    /// The token service refused with this status, so that nothing was sent.
    NoToken(u16),
    /// 200 with a body that is no policy, and it was done.
    Garbage,
}

pub(super) type Hook = Box<dyn FnOnce(&mut Value) + Send>;

pub(super) struct Tenant {
    /// Every state there was; the last one is the present.
    pub(super) states: Vec<Value>,
    /// "GET" and "PUT", in the order in which they were served.
    pub(super) log: Vec<&'static str>,
    pub(super) get_faults: VecDeque<Option<Fault>>,
    pub(super) put_faults: VecDeque<Option<Fault>>,
    /// As many reads answer with the state before the last write.
    pub(super) stale_after_write: u32,
    stale_left: u32,
    before_write: usize,
    /// Places that a PUT does not change, without a word.
    pub(super) ignored: Vec<&'static str>,
    /// A text that a PUT must not have.
    pub(super) poison: Option<String>,
    /// Other writers' edits just before a PUT is served: between our read and our write.
    pub(super) before_put: VecDeque<Hook>,
    /// Other writers' edits just after one.
    pub(super) after_put: VecDeque<Hook>,
    /// Other writers' edits just before a GET is served: never between a read and its write.
    pub(super) before_get: VecDeque<Option<Hook>>,
    /// The delays of the next GETs' answers after they were served.
    pub(super) late: VecDeque<Duration>,
    /// Other writers' edits since the last GET was served, as numbers.
    pub(super) exposed: Vec<usize>,
    /// Those of them that came between a read and the write after it.
    pub(super) overwritten: Vec<usize>,
}

#[derive(Clone)]
pub(super) struct Fake(Arc<Mutex<Tenant>>);

impl Fake {
    pub(super) fn new(policy: Value) -> Self {
        Self(Arc::new(Mutex::new(Tenant {
            states: vec![policy],
            log: Vec::new(),
            get_faults: VecDeque::new(),
            put_faults: VecDeque::new(),
            stale_after_write: 0,
            stale_left: 0,
            before_write: 0,
            ignored: Vec::new(),
            poison: None,
            before_put: VecDeque::new(),
            after_put: VecDeque::new(),
            before_get: VecDeque::new(),
            late: VecDeque::new(),
            exposed: Vec::new(),
            overwritten: Vec::new(),
        })))
    }

    pub(super) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        self.0.lock().unwrap()
    }

    /// The policy as it is.
    pub(super) fn now(&self) -> Value {
        self.tenant().now()
    }

    pub(super) fn policy(&self) -> Policy {
        Policy::parse(&self.now().to_string()).unwrap()
    }

    /// The requests so far, as in "GET PUT GET".
    pub(super) fn log(&self) -> String {
        self.tenant().log.join(" ")
    }

    pub(super) fn count(&self, method: &str) -> usize {
        let tenant = self.tenant();
        tenant.log.iter().filter(|served| **served == method).count()
    }

    /// Another writer at work.
    pub(super) fn outside(&self, edit: impl FnOnce(&mut Value)) {
        self.tenant().change(edit);
    }
}

impl Tenant {
    fn now(&self) -> Value {
        self.states.last().unwrap().clone()
    }

    fn change(&mut self, edit: impl FnOnce(&mut Value)) {
        let mut next = self.now();
        edit(&mut next);
        self.states.push(next);
    }

    /// Lets the next reads answer with a state that has passed.
    pub(super) fn show(&mut self, state: usize, times: u32) {
        self.before_write = state;
        self.stale_left = times;
    }

    fn answer_get(&mut self) -> Result<Value, GraphError> {
        let fault = self.get_faults.pop_front().flatten();
        let Some(fault) = fault else {
            return Ok(self.serve_get());
        };
        self.log.push("GET");
        match fault {
            Fault::Garbage => Ok(json!({"value": []})),
            fault => Err(error("GET", fault)),
        }
    }

    fn serve_get(&mut self) -> Value {
        self.log.push("GET");
        if let Some(hook) = self.before_get.pop_front().flatten() {
            self.change(hook);
        }
        self.exposed.clear();
        if self.stale_left > 0 {
            self.stale_left -= 1;
            return self.states[self.before_write].clone();
        }
        self.now()
    }

    fn serve_put(&mut self, body: &Value) -> Result<Value, GraphError> {
        self.log.push("PUT");
        let fault = self.put_faults.pop_front().flatten();
        if let Some(
            fault @ (Fault::UnavailableBefore
            | Fault::Throttled
            | Fault::Forbidden
            | Fault::Unauthorized
            | Fault::NoToken(_)),
        ) = fault
        {
            return Err(error("PUT", fault));
        }
        if let Some(poison) = &self.poison
            && body.to_string().contains(poison)
        {
            let call = Call::new("PUT", "/v1.0/policies/deviceRegistrationPolicy");
            let refused = HttpError::new(call, 400, "Request_BadRequest", "poisoned");
            return Err(GraphError::Http(Box::new(refused)));
        }
        if let Some(hook) = self.before_put.pop_front() {
            self.change(hook);
        }
        self.overwritten.append(&mut self.exposed);
        self.before_write = self.states.len() - 1;
        self.stale_left = self.stale_after_write;
        let now = self.now();
        let mut next = body.clone();
        for (name, value) in now.as_object().unwrap() {
            if name.starts_with('@') || ["id", "displayName", "description"].contains(&&**name) {
                next[name] = value.clone();
            }
        }
        for pointer in &self.ignored {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let held = now.pointer(pointer).cloned().unwrap_or_default();
            next.pointer_mut(parent).unwrap()[name] = held;
        }
        self.states.push(next.clone());
        if let Some(hook) = self.after_put.pop_front() {
            self.change(hook);
        }
        match fault {
            None => Ok(next),
            Some(Fault::Garbage) => Ok(json!({"value": []})),
            Some(fault) => Err(error("PUT", fault)),
        }
    }
}

#[async_trait]
impl PolicyTransport for Fake {
    async fn fetch(&self, _deadline: &Deadline) -> Result<String, GraphError> {
        tokio::time::sleep(LATENCY).await;
        let answer = self.tenant().answer_get();
        let late = self.tenant().late.pop_front().unwrap_or_default();
        tokio::time::sleep(LATENCY + late).await;
        answer.map(|json| json.to_string())
    }

    async fn replace(&self, body: String, _deadline: &Deadline) -> Result<String, GraphError> {
        let body = serde_json::from_str(&body).unwrap();
        tokio::time::sleep(LATENCY).await;
        let answer = self.tenant().serve_put(&body);
        tokio::time::sleep(LATENCY).await;
        answer.map(|json| json.to_string())
    }
}

fn error(method: &str, fault: Fault) -> GraphError {
    let call = Call::new(method, "/v1.0/policies/deviceRegistrationPolicy");
    let http = |status, code| GraphError::Http(Box::new(HttpError::new(call.clone(), status, code, "injected")));
    match fault {
        Fault::Forbidden => http(403, "Authorization_RequestDenied"),
        Fault::Unauthorized => http(401, "InvalidAuthenticationToken"),
        Fault::NoToken(status) => GraphError::Token(Box::new(TokenError {
            status: Some(status),
            ..TokenError::default()
        })),
        Fault::Throttled => GraphError::Throttled(Box::new(Throttled {
            call,
            status: 429,
            code: "TooManyRequests".to_owned(),
            asked: Some(Duration::from_secs(7)),
            why: GivenUp::Attempts,
            attempts: 1,
            waited: Duration::ZERO,
            request_id: None,
            message: "injected".to_owned(),
            uncertain: false,
        })),
        Fault::Reset => GraphError::Connect(Box::new(ConnectError {
            call,
            host: "https://graph.example".to_owned(),
            proxy: None,
            problem: "connection reset".to_owned(),
            attempts: 1,
            sent: true,
            certificate: false,
        })),
        Fault::UnavailableBefore | Fault::UnavailableAfter | Fault::Garbage => http(503, "serviceUnavailable"),
    }
}
