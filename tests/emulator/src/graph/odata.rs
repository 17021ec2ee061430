//! OData's query options: `$filter`, `$select`, `$top`, `$count`, and pages with their links.
//!
//! <https://learn.microsoft.com/graph/query-parameters> and <https://learn.microsoft.com/graph/paging>.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::{Answer, GraphError, Result};
use crate::exchange::{Call, encode, pairs};
use crate::switches::Switches;

/// Objects on a page when `$top` does not say.
const PAGE: usize = 100;
/// The most that `$top` can ask for.
const LARGEST_PAGE: usize = 999;

/// What a collection is called and what its objects can be asked for.
pub(super) struct Collection<'a> {
    /// The type's name, as `user`.
    pub(super) kind: &'a str,
    /// Behind `$metadata#`.
    pub(super) context: &'a str,
    /// Properties that are shown when `$select` does not say; all when empty.
    pub(super) shown: &'a [&'a str],
}

/// One page of a collection, filtered and with the properties asked for.
pub(super) fn page(
    call: &Call,
    switches: &Switches,
    collection: &Collection<'_>,
    mut items: Vec<Value>,
) -> Result<Answer> {
    if call.option("$search").is_some() || call.option("$expand").is_some() {
        return Err(unsupported("Unsupported Query."));
    }
    if let Some(text) = call.option("$filter") {
        let name = filtered_name(&text, collection)?.to_lowercase();
        items.retain(|item| {
            item["displayName"]
                .as_str()
                .is_some_and(|text| text.to_lowercase() == name)
        });
    }
    let count = items.len();
    let size = page_size(call, switches)?;
    let place = Place::of(call)?;
    let next = place.next(count, size, switches.empty_pages);
    let taken = if place.is_empty(switches.empty_pages) { 0 } else { size };
    let mut value = Vec::new();
    for item in items.into_iter().skip(place.offset).take(taken) {
        value.push(selected(call, collection, item)?);
    }
    let version = call.path.split('/').nth(1).unwrap_or_default();
    let mut body = json!({
        "@odata.context": format!("{}/{version}/$metadata#{}", call.origin, collection.context),
        "value": value,
    });
    if eventual(call) && call.option("$count").as_deref() == Some("true") {
        body["@odata.count"] = json!(count);
    }
    if let Some(place) = next {
        body["@odata.nextLink"] = json!(place.link(call));
    }
    Ok(Answer::Json(body))
}

/// Reads the name in `displayName eq '...'`, in which a quote is written twice. The emulator knows no other filter.
fn filtered_name(filter: &str, collection: &Collection<'_>) -> Result<String> {
    let quoted = filter
        .strip_prefix("displayName eq '")
        .and_then(|rest| rest.strip_suffix('\''))
        .filter(|_| collection.kind != "directoryObject");
    let Some(quoted) = quoted else {
        return Err(unsupported(&format!(
            "Unsupported or invalid query filter clause for resource '{}': {filter}",
            collection.kind
        )));
    };
    let name = quoted.replace("''", "\0");
    if name.contains('\'') {
        return Err(GraphError::bad_request(format!(
            "Invalid filter clause: Syntax error in '{filter}'."
        )));
    }
    Ok(name.replace('\0', "'"))
}

/// The number of objects, for a path that ends in `$count`.
pub(super) fn count(call: &Call, items: &[Value]) -> Result<Answer> {
    if !eventual(call) {
        return Err(GraphError::new(
            400,
            "Request_BadRequest",
            "$count is not currently supported.",
        ));
    }
    Ok(Answer::Text(items.len().to_string()))
}

/// Whether the request accepts an index that lags, as advanced queries need it.
pub(super) fn eventual(call: &Call) -> bool {
    call.header("consistencylevel")
        .is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
}

/// The object with the properties asked for.
pub(super) fn selected(call: &Call, collection: &Collection<'_>, item: Value) -> Result<Value> {
    let Value::Object(item) = item else {
        return Ok(item);
    };
    let asked = call.option("$select");
    let names: Vec<&str> = match &asked {
        Some(list) => list.split(',').map(str::trim).collect(),
        None if collection.shown.is_empty() => return Ok(Value::Object(item)),
        None => collection.shown.to_vec(),
    };
    let mut shown: Map<String, Value> = item
        .iter()
        .filter(|(name, _)| name.starts_with('@'))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for name in names {
        let Some((name, value)) = item.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            // A member of another type than the one asked about does not have every property.
            if collection.kind == "directoryObject" {
                continue;
            }
            return Err(GraphError::bad_request(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
                collection.kind
            )));
        };
        shown.insert(name.clone(), value.clone());
    }
    Ok(Value::Object(shown))
}

pub(super) fn unsupported(message: &str) -> GraphError {
    GraphError::new(400, "Request_UnsupportedQuery", message)
}

fn page_size(call: &Call, switches: &Switches) -> Result<usize> {
    let asked = match call.option("$top") {
        None => PAGE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| (1..=LARGEST_PAGE).contains(size))
            .ok_or_else(|| {
                unsupported(&format!(
                    "Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE} inclusive."
                ))
            })?,
    };
    Ok(switches.largest_page.map_or(asked, |largest| asked.min(largest.max(1))))
}

/// Where a page starts.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    /// Whether the empty page before it was shown.
    shown_empty: bool,
}

impl Place {
    fn of(call: &Call) -> Result<Self> {
        let Some(token) = call.option("$skiptoken") else {
            return Ok(Self {
                offset: 0,
                shown_empty: false,
            });
        };
        Self::parse(&token).ok_or_else(|| {
            GraphError::new(
                400,
                "Directory_ExpiredPageToken",
                "The specified page token value has expired and can no longer be included in your request.",
            )
        })
    }

    fn parse(token: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (offset, shown_empty) = text.strip_prefix("page ")?.split_once(' ')?;
        Some(Self {
            offset: offset.parse().ok()?,
            shown_empty: shown_empty == "true",
        })
    }

    fn is_empty(self, empty_pages: bool) -> bool {
        empty_pages && !self.shown_empty
    }

    fn next(self, count: usize, size: usize, empty_pages: bool) -> Option<Self> {
        if self.is_empty(empty_pages) {
            return Some(Self {
                shown_empty: true,
                ..self
            });
        }
        let offset = self.offset + size;
        (offset < count).then_some(Self {
            offset,
            shown_empty: false,
        })
    }

    /// The whole URL of the page, with the options of the request.
    fn link(self, call: &Call) -> String {
        let token = URL_SAFE_NO_PAD.encode(format!("page {} {}", self.offset, self.shown_empty));
        let mut options: Vec<String> = pairs(&call.query)
            .iter()
            .filter(|(name, _)| name != "$skiptoken")
            .map(|(name, value)| format!("{}={}", encode(name).replace("%24", "$"), encode(value)))
            .collect();
        options.push(format!("$skiptoken={token}"));
        format!("{}{}?{}", call.origin, call.path, options.join("&"))
    }
}
