//! Media types, as the GraphQL-over-HTTP specification has them.

/// What an answer is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status says how the request fared.
    GraphqlResponse,
    /// `application/json`: a well-formed request is answered with 200, whatever its document.
    Json,
}

impl MediaType {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The best of our two types for an `Accept` header; None when neither will do. No header accepts JSON.
pub(super) fn choose(accept: Option<&str>) -> Option<MediaType> {
    let Some(accept) = accept else { return Some(MediaType::Json) };
    let quality = |media: MediaType| accept.split(',').filter_map(|range| fit(range, media)).max_by_key(|fit| fit.0);
    let graphql = quality(MediaType::GraphqlResponse).map_or(0, |(_, quality)| quality);
    let json = quality(MediaType::Json).map_or(0, |(_, quality)| quality);
    match (graphql, json) {
        (0, 0) => None,
        (graphql, json) if graphql > json => Some(MediaType::GraphqlResponse),
        (graphql, json) if json > graphql => Some(MediaType::Json),
        // Named with equal weight, the newer type wins; a wildcard alone means an old client.
        _ if accept.contains("graphql-response") => Some(MediaType::GraphqlResponse),
        _ => Some(MediaType::Json),
    }
}

/// How specifically a range names the type, and its quality in thousandths.
fn fit(range: &str, media: MediaType) -> Option<(u8, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let specific = match (name.as_str(), media) {
        ("application/graphql-response+json", MediaType::GraphqlResponse) | ("application/json", MediaType::Json) => 2,
        ("application/*", _) => 1,
        ("*/*", _) => 0,
        _ => return None,
    };
    let mut quality = 1.0_f32;
    for parameter in parts {
        match parameter.split_once('=').map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim())) {
            Some((key, value)) if key == "q" => quality = value.parse().unwrap_or(0.0),
            Some((key, value)) if key == "charset" && !value.trim_matches('"').eq_ignore_ascii_case("utf-8") => {
                return None;
            }
            _ => {}
        }
    }
    // Floats are compared as thousandths, which is all the precision a header may have.
    let thousandths = (0..=1000_u16).rev().find(|&step| f32::from(step) <= quality * 1000.0).unwrap_or(0);
    Some((specific, thousandths))
}

/// Whether a `Content-Type` header says JSON in UTF-8.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let is_type = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    is_type
        && parts.filter_map(|parameter| parameter.split_once('=')).all(|(key, value)| {
            !key.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_decides() {
        assert_eq!(choose(None), Some(MediaType::Json));
        assert_eq!(choose(Some("*/*")), Some(MediaType::Json));
        assert_eq!(choose(Some("application/json")), Some(MediaType::Json));
        assert_eq!(
            choose(Some("application/graphql-response+json, application/json;q=0.9")),
            Some(MediaType::GraphqlResponse)
        );
        assert_eq!(choose(Some("application/graphql-response+json;q=0.5, application/json")), Some(MediaType::Json));
        assert_eq!(choose(Some("text/html")), None);
        assert_eq!(choose(Some("application/json; charset=iso-8859-1")), None);
    }

    #[test]
    fn only_json_in_utf8_is_json() {
        assert!(is_json(Some("application/json; charset=\"UTF-8\"")));
        assert!(!is_json(Some("application/json; charset=gbk")));
        assert!(!is_json(Some("text/plain")));
        assert!(!is_json(None));
    }
}
