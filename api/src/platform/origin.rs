//! Where a request comes from: the network address to hold to account, and the request's name in logs.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ipnet::IpNet;

/// The longest part of a `User-Agent` header that is kept, in characters.
const MAX_USER_AGENT: usize = 200;

/// One request, as far as limits and the audit trail want to know it.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The caller's own address, or that of the last hop that is not a trusted proxy.
    pub address: IpAddr,
    /// What the client calls itself, cut to 200 characters; nothing is decided by it.
    pub user_agent: Option<String>,
    /// `req_…`, as the answer has it.
    pub request_id: String,
}

impl Origin {
    /// For the endpoint.
    #[must_use]
    pub fn new(address: IpAddr, user_agent: Option<&str>, request_id: String) -> Self {
        let user_agent = user_agent.map(|text| text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect());
        Self { address, user_agent, request_id }
    }

    /// The command line and background work.
    #[must_use]
    pub fn local() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::LOCALHOST), user_agent: None, request_id: "local".to_owned() }
    }
}

/// Proxies whose word on the caller's address is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Reads addresses and networks with commas between; None if one is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(parse_network).collect::<Option<Vec<_>>>().map(|list| Self(list.into()))
    }

    /// The caller behind `peer`: the nearest hop that is not a trusted proxy. `forwarded` are the
    /// values of `X-Forwarded-For` in order; a hop writes itself at the end, so they are read from there,
    /// and what stands before the first stranger is the stranger's word.
    #[must_use]
    pub fn caller(&self, peer: IpAddr, forwarded: &[&str]) -> IpAddr {
        let mut caller = peer.to_canonical();
        let hops: Vec<&str> = forwarded.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in hops.iter().rev() {
            let is_trusted = self.0.iter().any(|network| network.contains(&caller));
            match hop.parse::<IpAddr>() {
                Ok(address) if is_trusted => caller = address.to_canonical(),
                _ => break,
            }
        }
        caller
    }
}

/// Reads `10.0.0.0/8` or `10.1.2.3`.
#[must_use]
pub fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_as_far_as_the_next_stranger() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = TrustedProxies::parse("10.0.0.0/8, ::1").unwrap();
        let header = ["6.6.6.6, 203.0.113.9", "10.0.0.7"];
        assert_eq!(proxies.caller(ip("10.0.0.1"), &header), ip("203.0.113.9"));
        assert_eq!(proxies.caller(ip("::ffff:10.0.0.1"), &header), ip("203.0.113.9"));
        assert_eq!(proxies.caller(ip("198.51.100.1"), &header), ip("198.51.100.1"));
        assert_eq!(proxies.caller(ip("10.0.0.1"), &["nonsense"]), ip("10.0.0.1"));
        assert_eq!(TrustedProxies::default().caller(ip("10.0.0.1"), &header), ip("10.0.0.1"));
        assert!(TrustedProxies::parse("10.0.0.0/8, proxy.example").is_none());
    }
}
