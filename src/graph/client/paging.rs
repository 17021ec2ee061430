//! Collections in pages (<https://learn.microsoft.com/graph/paging>).

use serde_json::Value;
use url::Url;

use super::request::GraphRequest;
use super::{Call, Deadline, GraphClient, GraphError};

/// The limits within which a collection is read.
#[derive(Clone, Copy, Debug)]
pub struct PageLimits {
    /// The largest number of pages.
    pub pages: usize,
    /// The largest number of items, over all pages.
    pub items: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            pages: 200,
            items: 100_000,
        }
    }
}

impl GraphClient {
    /// Reads a collection to its end, page by page. Pages may be empty.
    ///
    /// # Errors
    /// An error of any page; a page without `value`; more pages or items than `limits`; a next page on another host, which
    /// would be sent our token.
    pub async fn send_all_pages(
        &self,
        request: GraphRequest,
        limits: PageLimits,
        deadline: &Deadline,
    ) -> Result<Vec<Value>, GraphError> {
        let first = self.url(&request)?;
        let call = Call::new(request.method.as_str(), first.path());
        let wrong = |problem: String| GraphError::Paging {
            call: Box::new(call.clone()),
            problem,
        };
        let mut items = Vec::new();
        let mut next = request.clone();
        for _ in 0..limits.pages {
            let mut page = self.send(next, deadline).await?.json;
            let Some(Value::Array(values)) = page.get_mut("value").map(Value::take) else {
                return Err(wrong("a page of the collection has no array `value`".to_owned()));
            };
            if items.len() + values.len() > limits.items {
                return Err(wrong(format!("the collection has more than {} items", limits.items)));
            }
            items.extend(values);
            let link = match page.get("@odata.nextLink") {
                None | Some(Value::Null) => return Ok(items),
                Some(link) => link.as_str().unwrap_or_default(),
            };
            let link = same_origin(&first, link).map_err(wrong)?;
            next = GraphRequest::link(link, &request);
        }
        Err(wrong(format!("the collection has more than {} pages", limits.pages)))
    }
}

/// The next page's address, when it is where the first page was: the same scheme, host and port.
fn same_origin(first: &Url, link: &str) -> Result<Url, String> {
    let link = Url::parse(link).map_err(|error| format!("the link to the next page is no address ({error})"))?;
    if link.origin() != first.origin() || !link.username().is_empty() || link.password().is_some() {
        return Err(format!(
            "the link to the next page leads to {}, not to {}; it is not followed, because the token would go there",
            link.origin().ascii_serialization(),
            first.origin().ascii_serialization()
        ));
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_on_the_same_host_only() {
        let first = Url::parse("https://graph.microsoft.com/v1.0/groups").unwrap();
        for (link, followed) in [
            ("https://graph.microsoft.com/v1.0/groups?$skiptoken=x", true),
            ("https://GRAPH.microsoft.com:443/v1.0/groups?$skiptoken=x", true),
            ("https://graph.microsoft.com/beta/other", true),
            ("http://graph.microsoft.com/v1.0/groups", false),
            ("https://graph.microsoft.com:444/v1.0/groups", false),
            ("https://graph.microsoft.com.example.org/v1.0/groups", false),
            ("https://graph.microsoft.com@example.org/v1.0/groups", false),
            ("https://me@graph.microsoft.com/v1.0/groups", false),
            ("https://example.org/", false),
            ("//graph.microsoft.com/v1.0/groups", false),
            ("/v1.0/groups", false),
            ("data:text/plain,x", false),
            ("", false),
        ] {
            assert_eq!(same_origin(&first, link).is_ok(), followed, "{link}");
        }
    }
}
