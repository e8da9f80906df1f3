//! What a subscriber asked for: which events, in what batches, to where. It sends nothing.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde_json::Value;

use super::event::Kind;

const VERSIONS: [&str; 3] = ["2022-07-01", "2022-12-13", "2025-01-29"];
const MANAGED_VERSION: &str = "2025-01-29";
/// Lambda's defaults.
const ITEMS: usize = 10_000;
const BYTES: usize = 262_144;
const TIMEOUT: Duration = Duration::from_secs(1);
/// The names of the environment within itself, and those that resolve elsewhere, too.
const HOSTS: [&str; 4] = ["sandbox.localdomain", "sandbox", "localhost", ""];

/// A subscription to the Telemetry API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) kinds: Vec<Kind>,
    /// A batch leaves with so many events,
    pub(super) items: usize,
    /// or so many bytes,
    pub(super) bytes: usize,
    /// or so long after its first.
    pub(super) timeout: Duration,
    pub(super) address: SocketAddr,
    pub(super) path: String,
    /// POST or PUT.
    pub(super) method: String,
}

/// Why a subscription is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("schemaVersion {0} is not known, or not here")]
    Version(String),
    #[error("types have to name platform, function or extension: {0}")]
    Types(String),
    #[error("destination by another protocol than HTTP")]
    Protocol,
    #[error("destination {0} is not an HTTP address of this environment with a port")]
    Destination(String),
}

impl Subscription {
    pub(super) fn parse(body: &[u8], is_managed: bool) -> Result<Self, Unusable> {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        // The version of the path, where the body names none.
        let version = asked["schemaVersion"].as_str().unwrap_or(VERSIONS[0]);
        if !VERSIONS.contains(&version) || (is_managed && version != MANAGED_VERSION) {
            return Err(Unusable::Version(version.to_owned()));
        }
        let types = asked["types"].as_array().map(Vec::as_slice).unwrap_or_default();
        let kinds = types.iter().map(|kind| kind.as_str().and_then(Kind::of)).collect::<Option<Vec<_>>>();
        let kinds =
            kinds.filter(|kinds| !kinds.is_empty()).ok_or_else(|| Unusable::Types(asked["types"].to_string()))?;
        let destination = &asked["destination"];
        if !destination["protocol"].as_str().is_some_and(|protocol| protocol.eq_ignore_ascii_case("HTTP")) {
            return Err(Unusable::Protocol);
        }
        let uri = destination["URI"].as_str().or_else(|| destination["uri"].as_str()).unwrap_or_default();
        let (address, path) = place(uri).ok_or_else(|| Unusable::Destination(uri.to_owned()))?;
        let bound = |name: &str, default| {
            asked["buffering"][name].as_u64().and_then(|bound| usize::try_from(bound).ok()).unwrap_or(default)
        };
        Ok(Self {
            kinds,
            items: bound("maxItems", ITEMS).max(1),
            bytes: bound("maxBytes", BYTES),
            timeout: asked["buffering"]["timeoutMs"].as_u64().map_or(TIMEOUT, Duration::from_millis),
            address,
            path,
            method: destination["method"].as_str().filter(|method| *method == "PUT").unwrap_or("POST").to_owned(),
        })
    }

    /// The kinds, as the API names them.
    pub(super) fn types(&self) -> Vec<&'static str> {
        self.kinds.iter().map(|kind| kind.name()).collect()
    }
}

/// Address and path of a URI in this environment, which is this machine.
fn place(uri: &str) -> Option<(SocketAddr, String)> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let is_here = |address: IpAddr| address.is_loopback() || address.is_unspecified();
    let parsed = host.trim_matches(['[', ']']).parse().ok();
    let address = match parsed.filter(|address| is_here(*address)) {
        Some(address) if address.is_loopback() => address,
        None if !HOSTS.contains(&host) => return None,
        _ => Ipv4Addr::LOCALHOST.into(),
    };
    Some((SocketAddr::new(address, port.parse().ok()?), format!("/{path}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked() -> Value {
        json!({"schemaVersion": "2022-12-13", "types": ["platform"], "buffering": {"maxItems": 1000, "timeoutMs": 25},
            "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4325/x"}})
    }

    fn with(pointer: &str, value: Value) -> Result<Subscription, Unusable> {
        let mut asked = asked();
        *asked.pointer_mut(pointer).unwrap() = value;
        Subscription::parse(asked.to_string().as_bytes(), false)
    }

    #[test]
    fn what_is_asked_for_is_understood_and_the_rest_is_lambdas_default() {
        let read = Subscription::parse(asked().to_string().as_bytes(), false).unwrap();
        assert_eq!((read.types(), read.items, read.bytes), (vec!["platform"], 1_000, BYTES));
        assert_eq!((read.timeout, read.method.as_str()), (Duration::from_millis(25), "POST"));
        assert_eq!((read.address.to_string().as_str(), read.path.as_str()), ("127.0.0.1:4325", "/x"));
        let read = with("/types", json!(["function", "extension"])).unwrap();
        assert_eq!(read.types(), ["function", "extension"]);
    }

    #[test]
    fn every_name_of_this_machine_is_taken_and_no_other() {
        for uri in ["http://:9", "http://localhost:9/", "http://127.0.0.1:9", "http://0.0.0.0:9", "http://sandbox:9"] {
            assert_eq!(with("/destination/URI", json!(uri)).unwrap().address.to_string(), "127.0.0.1:9", "{uri}");
        }
        for uri in ["http://example.com:9", "http://10.0.0.1:9", "https://localhost:9", "http://localhost:x", ""] {
            assert_eq!(with("/destination/URI", json!(uri)), Err(Unusable::Destination(uri.to_owned())), "{uri}");
        }
    }

    #[test]
    fn what_cannot_be_served_is_refused_with_its_reason() {
        assert_eq!(with("/destination/protocol", json!("TCP")), Err(Unusable::Protocol));
        assert!(matches!(with("/types", json!(["platform", "x"])), Err(Unusable::Types(_))));
        assert!(matches!(with("/types", json!([])), Err(Unusable::Types(_))));
        assert!(matches!(with("/schemaVersion", json!("2020-01-01")), Err(Unusable::Version(_))));
        let managed = Subscription::parse(asked().to_string().as_bytes(), true);
        assert_eq!(managed, Err(Unusable::Version("2022-12-13".to_owned())));
    }
}
