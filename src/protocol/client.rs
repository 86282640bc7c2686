//! Who asks, and under which address they asked: what a connection shows, or what reverse proxies we trust say of it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HOST, HeaderName, X_FORWARDED_FOR};
use actix_web::http::uri::Authority;
use actix_web::web::Data;

use crate::access::TrustedProxies;

/// The proxies, if the request comes from one of them. Needs `web::Data<TrustedProxies>` as application data to find any.
fn proxies(request: &HttpRequest) -> Option<&TrustedProxies> {
    let peer = request.peer_addr()?.ip();
    request
        .app_data::<Data<TrustedProxies>>()
        .map(|proxies| &***proxies)
        .filter(|proxies| proxies.trusts(peer))
}

/// The address of the client.
///
/// Proxies write `X-Forwarded-For` or `Forwarded` (RFC 7239), and let the other pass as the client sent it: where both
/// are there and do not say the same, neither is believed.
pub fn address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let Some(proxies) = proxies(request) else { return Some(peer) };
    let plain = || proxies.client(peer, hops(request, &X_FORWARDED_FOR));
    let standard = || proxies.client(peer, hops(request, &FORWARDED).map(forwarded_for));
    let is_given = |name| request.headers().contains_key(name);
    Some(match (is_given(X_FORWARDED_FOR), is_given(FORWARDED)) {
        (true, false) => plain(),
        (false, true) => standard(),
        (true, true) if plain() == standard() => plain(),
        _ => peer,
    })
}

/// Whether the client came under TLS, to us or to a proxy of ours.
pub fn is_tls(request: &HttpRequest) -> bool {
    request.app_config().secure()
        || proxies(request).is_some() && request.connection_info().scheme().eq_ignore_ascii_case("https")
}

/// Host and port as the client wrote them; empty when it did not.
pub fn authority(request: &HttpRequest) -> String {
    if proxies(request).is_some() {
        return request.connection_info().host().to_owned();
    }
    let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let in_target = || request.uri().authority().map(Authority::as_str);
    named.or_else(in_target).unwrap_or_else(|| request.app_config().host()).to_owned()
}

/// What each proxy on the way added to a header, the nearest first.
fn hops<'r>(request: &'r HttpRequest, name: &HeaderName) -> impl Iterator<Item = &'r str> + use<'r> {
    let lines: Vec<_> = request.headers().get_all(name).collect();
    lines.into_iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(','))
}

/// The `for` of an element of `Forwarded`; nothing an address could be read from where there is none.
fn forwarded_for(element: &str) -> &str {
    let named = |pair: &'_ str| pair.trim().get(..4).is_some_and(|name| name.eq_ignore_ascii_case("for="));
    element.split(';').find(|pair| named(pair)).map_or("", |pair| &pair.trim()[4..])
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// A request from `peer` to a gateway that trusts the proxies of 10.0.0.0/8.
    fn from(peer: &str, headers: &[(&'static str, &str)]) -> HttpRequest {
        let proxies = TrustedProxies::try_from(vec!["10.0.0.0/8".to_owned()]).unwrap();
        let request = TestRequest::default()
            .peer_addr(format!("{peer}:9").parse().unwrap())
            .insert_header(("Host", "inner:1888"))
            .app_data(Data::new(proxies));
        headers.iter().fold(request, |request, header| request.append_header(*header)).to_http_request()
    }

    #[test]
    fn the_client_is_who_our_proxy_says_it_is() {
        let (plain, standard) = ("X-Forwarded-For", "Forwarded");
        for (headers, client) in [
            (&[(plain, "203.0.113.5")][..], "203.0.113.5"),
            (&[(standard, "for=203.0.113.5;proto=https")], "203.0.113.5"),
            (&[(standard, "by=10.0.0.1; For=\"[2001:db8::5]:80\"")], "2001:db8::5"),
            // What the client itself wrote comes first in the list, and before the line of the proxy.
            (&[(plain, "198.51.100.1, 203.0.113.5")], "203.0.113.5"),
            (&[(plain, "198.51.100.1"), (plain, "203.0.113.5")], "203.0.113.5"),
            (&[(plain, "10.0.0.7, 203.0.113.5")], "203.0.113.5"),
            (&[(standard, "for=198.51.100.1, for=203.0.113.5")], "203.0.113.5"),
            // Two proxies of ours.
            (&[(plain, "198.51.100.1, 203.0.113.5, 10.0.0.2")], "203.0.113.5"),
            // Of two headers one is of the client, and nobody knows which.
            (&[(plain, "203.0.113.5"), (standard, "for=198.51.100.1")], "10.0.0.1"),
            (&[(plain, "203.0.113.5"), (standard, "for=203.0.113.5")], "203.0.113.5"),
            (&[(plain, "203.0.113.5"), (standard, "for=unknown")], "10.0.0.1"),
            (&[(plain, "nonsense")], "10.0.0.1"),
            (&[(standard, "proto=https")], "10.0.0.1"),
            (&[(standard, "for")], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            let request = from("10.0.0.1", headers);
            assert_eq!(address(&request), Some(client.parse().unwrap()), "{headers:?}");
        }
    }

    #[test]
    fn whoever_is_no_proxy_of_ours_speaks_for_nobody() {
        let headers = [
            ("X-Forwarded-For", "10.0.0.1"),
            ("Forwarded", "for=10.0.0.1;proto=https;host=evil.example"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "evil.example"),
        ];
        let request = from("203.0.113.9", &headers);
        assert_eq!(address(&request), Some("203.0.113.9".parse().unwrap()));
        assert!(!is_tls(&request));
        assert_eq!(authority(&request), "inner:1888");
    }

    #[test]
    fn our_proxy_says_how_the_client_asked() {
        for headers in [
            &[("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "images.example")][..],
            &[("Forwarded", "for=203.0.113.5;proto=https;host=images.example")],
        ] {
            let request = from("10.0.0.1", headers);
            assert!(is_tls(&request), "{headers:?}");
            assert_eq!(authority(&request), "images.example");
        }
        let request = from("10.0.0.1", &[("X-Forwarded-Proto", "http")]);
        assert!(!is_tls(&request));
        assert_eq!(authority(&request), "inner:1888");
    }
}
