//! Reverse proxies whose word is taken for who asks.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::Deserialize;

/// Addresses and networks of reverse proxies. Nobody else is believed who speaks for another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TrustedProxies(Vec<IpNet>);

impl TryFrom<Vec<String>> for TrustedProxies {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        let network = |text: &String| {
            let alone = || text.parse::<IpAddr>().map(IpNet::from);
            let wrong = |_| format!("'{text}' is neither an address nor a network such as 10.0.0.0/8");
            text.parse::<IpNet>().or_else(|_| alone()).map_err(wrong)
        };
        texts.iter().map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    /// Whether the word of this address is taken.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who asks: the first address on the way back from `peer` that is not one of ours. `hops` is what each one says
    /// of whom it speaks for, the nearest first; what lies behind an address we do not trust is hearsay.
    pub fn client<'h>(&self, peer: IpAddr, hops: impl IntoIterator<Item = &'h str>) -> IpAddr {
        let mut client = peer;
        for hop in hops {
            match address(hop) {
                Some(before) if self.trusts(client) => client = before,
                _ => break,
            }
        }
        client
    }
}

/// An address as proxies write it: alone, with a port, in brackets, in quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let in_brackets = || text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    in_brackets().parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(texts: &[&str]) -> Result<TrustedProxies, String> {
        TrustedProxies::try_from(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_client_is_the_first_on_the_way_back_whom_we_do_not_trust() {
        let proxies = proxies(&["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]).unwrap();
        for (peer, hops, client) in [
            ("127.0.0.1", &["203.0.113.5"][..], "203.0.113.5"),
            ("127.0.0.1", &["10.1.2.3", "203.0.113.5", "198.51.100.1"], "203.0.113.5"),
            ("::ffff:127.0.0.1", &["203.0.113.5:4711"], "203.0.113.5"),
            ("2001:db8::1", &["[2001:db9::17]:4711"], "2001:db9::17"),
            ("127.0.0.1", &["\"[2001:db9::17]\""], "2001:db9::17"),
            // Everybody is one of ours.
            ("127.0.0.1", &["10.0.0.1", "10.0.0.2"], "10.0.0.2"),
            ("127.0.0.1", &[], "127.0.0.1"),
            // Somebody who is not ours says what they like.
            ("203.0.113.9", &["10.0.0.1", "198.51.100.1"], "203.0.113.9"),
            // A word that is no address ends the way.
            ("127.0.0.1", &["unknown", "198.51.100.1"], "127.0.0.1"),
            ("127.0.0.1", &["10.0.0.1", "", "198.51.100.1"], "10.0.0.1"),
            ("127.0.0.1", &["_hidden"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.5/8"], "127.0.0.1"),
        ] {
            assert_eq!(proxies.client(ip(peer), hops.iter().copied()), ip(client), "{peer} {hops:?}");
        }
    }

    #[test]
    fn without_proxies_nobody_is_believed() {
        let nobody = TrustedProxies::default();
        assert_eq!(nobody.client(ip("127.0.0.1"), ["203.0.113.5"]), ip("127.0.0.1"));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["proxy.example", "10.0.0.0/33", "10.0.0.1:80", "", "*"] {
            let complaint = proxies(&["127.0.0.1", text]).unwrap_err();
            assert!(complaint.starts_with(&format!("'{text}' is neither")), "{complaint}");
        }
    }
}
