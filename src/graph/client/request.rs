//! Requests to Graph and their answers.

use ::http::Method;
use serde_json::Value;
use url::Url;

use super::ApiVersion;
use crate::graph::GraphError;
use crate::graph::error::Call;
use crate::graph::http::Repeat;
use crate::graph::permission::Needs;

/// The longest answer that is read when nothing else is said, in bytes. A policy with thousands of members is far smaller.
const LIMIT: usize = 4 * 1024 * 1024;

/// A request, relative to Graph's address and version.
#[derive(Clone, Debug)]
pub struct GraphRequest {
    pub(super) method: Method,
    pub(super) path: Path,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) body: Option<Content>,
    pub(super) repeat: Repeat,
    pub(super) expect: Expect,
    pub(super) limit: usize,
    pub(super) needs: &'static Needs,
}

#[derive(Clone, Debug)]
pub(super) enum Path {
    /// Segments after the version, not yet encoded.
    Segments(Vec<String>),
    /// A whole address that Graph gave.
    Link(Url),
}

/// The JSON that is sent along.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Made here.
    Json(Value),
    /// A text with values that may fit no type of ours.
    Written(String),
}

impl Content {
    /// The text to send.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Json(json) => json.to_string(),
            Self::Written(text) => text.clone(),
        }
    }
}

/// What a good answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A JSON object, or nothing with status 204.
    Object,
    /// The same, wanted as the text that it is: it may hold numbers that fit no type of ours.
    Written,
    /// Plain text, such as the number that `$count` answers.
    Text,
}

impl Expect {
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Object | Self::Written => "application/json",
            Self::Text => "text/plain, application/json",
        }
    }
}

/// A good answer.
#[derive(Clone, Debug)]
pub struct GraphResponse {
    /// The HTTP status.
    pub status: u16,
    /// The object; a string for [`Expect::Text`] and [`Expect::Written`], null for an answer without content.
    pub json: Value,
    /// Graph's id of the request.
    pub request_id: Option<String>,
    /// Our id of it.
    pub client_request_id: Option<String>,
}

impl GraphRequest {
    /// Reads. Path segments are given as they are and encoded here: a user name may hold any character.
    #[must_use]
    pub fn get<'a>(segments: impl IntoIterator<Item = &'a str>, needs: &'static Needs) -> Self {
        Self::new(Method::GET, segments, None, Repeat::Freely, needs)
    }

    /// Replaces with a JSON text. Not sent twice: what it carries was read before, and another writer may have been there since. Only a token
    /// that expired is replaced.
    #[must_use]
    pub fn put<'a>(segments: impl IntoIterator<Item = &'a str>, body: String, needs: &'static Needs) -> Self {
        let body = Content::Written(body);
        Self::new(Method::PUT, segments, Some(body), Repeat::Never, needs)
    }

    /// Asks with a body. Not sent twice unless [`Self::repeatable`].
    #[must_use]
    pub fn post<'a>(segments: impl IntoIterator<Item = &'a str>, body: Value, needs: &'static Needs) -> Self {
        Self::new(
            Method::POST,
            segments,
            Some(Content::Json(body)),
            Repeat::Unanswered,
            needs,
        )
    }

    /// Reads an address that Graph gave, such as the next page's.
    pub(super) fn link(link: Url, like: &Self) -> Self {
        Self {
            path: Path::Link(link),
            query: Vec::new(),
            ..like.clone()
        }
    }

    fn new<'a>(
        method: Method,
        segments: impl IntoIterator<Item = &'a str>,
        body: Option<Content>,
        repeat: Repeat,
        needs: &'static Needs,
    ) -> Self {
        Self {
            method,
            path: Path::Segments(segments.into_iter().map(str::to_owned).collect()),
            query: Vec::new(),
            headers: Vec::new(),
            body,
            repeat,
            expect: Expect::Object,
            limit: LIMIT,
            needs,
        }
    }

    /// Adds a query option.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a header; both are to be valid in HTTP, names in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says that sending it twice does no more than sending it once.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Freely;
        self
    }

    /// Says what a good answer holds.
    #[must_use]
    pub fn expecting(mut self, expect: Expect) -> Self {
        self.expect = expect;
        self
    }

    /// Reads at most `bytes` of the answer.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The request as an error names it, without the version.
    #[must_use]
    pub(crate) fn call(&self) -> Call {
        let path = match &self.path {
            Path::Link(link) => link.path().to_owned(),
            Path::Segments(segments) => format!("/{}", segments.join("/")),
        };
        Call::new(self.method.as_str(), path)
    }

    /// The path and query below the version, encoded: transports of tests answer by it.
    #[cfg(test)]
    pub(crate) fn relative(&self) -> Result<String, GraphError> {
        let url = self.url(&Url::parse("https://graph.test").unwrap(), ApiVersion::V1_0)?;
        let (_, relative) = url.as_str().split_once("/v1.0").unwrap();
        Ok(relative.to_owned())
    }

    /// The JSON that is sent along, when it was made here.
    #[cfg(test)]
    pub(crate) fn body(&self) -> Option<&Value> {
        match self.body.as_ref()? {
            Content::Json(json) => Some(json),
            Content::Written(_) => None,
        }
    }

    /// The whole address.
    ///
    /// # Errors
    /// [`GraphError::Unsendable`] for a path segment that would make another path.
    pub(super) fn url(&self, graph: &Url, version: ApiVersion) -> Result<Url, GraphError> {
        let segments = match &self.path {
            Path::Link(link) => return Ok(link.clone()),
            Path::Segments(segments) => segments,
        };
        // "." and ".." and nothing lead to another path, and addresses are cleared of some control characters.
        let odd = |segment: &&String| matches!(segment.as_str(), "" | "." | "..") || segment.contains(char::is_control);
        if let Some(odd) = segments.iter().find(odd) {
            return Err(GraphError::Unsendable {
                problem: format!("{odd:?} cannot be part of an address"),
            });
        }
        let mut url = graph.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().push(version.as_str()).extend(segments);
        }
        if !self.query.is_empty() {
            let encoded = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&self.query)
                .finish();
            // A space as OData's grammar has it; a plus sign itself is %2B already.
            url.set_query(Some(&encoded.replace('+', "%20")));
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::permission::READ_POLICY;

    fn url(request: &GraphRequest) -> String {
        let graph = Url::parse("https://graph.microsoft.com").unwrap();
        request.url(&graph, ApiVersion::V1_0).unwrap().to_string()
    }

    #[test]
    fn addresses_are_encoded() {
        let request = GraphRequest::get(["users", "a#b/c?d@x.y é"], &READ_POLICY)
            .query("$select", "id,displayName")
            .query("$filter", "displayName eq 'a+b&c'");
        assert_eq!(
            url(&request),
            "https://graph.microsoft.com/v1.0/users/a%23b%2Fc%3Fd@x.y%20%C3%A9?%24select=id%2CdisplayName\
             &%24filter=displayName%20eq%20%27a%2Bb%26c%27"
        );
    }

    #[test]
    fn an_address_cannot_be_led_elsewhere() {
        let graph = Url::parse("https://graph.microsoft.com").unwrap();
        // The parser drops tabs and line breaks: of ".\t." it would make "..", and of "a\nb" another user.
        for segment in ["..", ".", "", ".\t.", "\n", "a\nb"] {
            let request = GraphRequest::get(["users", segment], &READ_POLICY);
            assert!(request.url(&graph, ApiVersion::Beta).is_err(), "{segment:?}");
        }
        // It decodes nothing: what is encoded stays so.
        let request = GraphRequest::get(["users", "%2e%2e"], &READ_POLICY);
        assert_eq!(url(&request), "https://graph.microsoft.com/v1.0/users/%252e%252e");
    }
}
