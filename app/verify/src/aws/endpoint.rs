//! Where the services are: AWS's own hosts, or what the SDK's variables say instead.

use std::collections::BTreeMap;

/// A service that a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// X-Ray.
    XRay,
    /// Lambda.
    Lambda,
    /// CloudWatch Logs.
    Logs,
    /// CloudWatch.
    CloudWatch,
}

impl Service {
    const ALL: [Self; 4] = [Self::XRay, Self::Lambda, Self::Logs, Self::CloudWatch];

    /// Its name in signatures, which is also its host, but for `CloudWatch`.
    pub const fn signing_name(self) -> &'static str {
        match self {
            Self::XRay => "xray",
            Self::Lambda => "lambda",
            Self::Logs => "logs",
            Self::CloudWatch => "monitoring",
        }
    }

    /// The variable that puts it elsewhere, as the SDKs name it.
    const fn variable(self) -> &'static str {
        match self {
            Self::XRay => "AWS_ENDPOINT_URL_XRAY",
            Self::Lambda => "AWS_ENDPOINT_URL_LAMBDA",
            Self::Logs => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
            Self::CloudWatch => "AWS_ENDPOINT_URL_CLOUDWATCH",
        }
    }
}

/// The addresses of the services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    overrides: BTreeMap<Service, String>,
}

impl Endpoints {
    /// AWS's own, but for what `AWS_ENDPOINT_URL` and the variables of the services say. Logs has two names: the SDKs'
    /// (`AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`) and a short one (`AWS_ENDPOINT_URL_LOGS`).
    pub fn new(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let overrides = Service::ALL.into_iter().filter_map(|service| {
            let short = (service == Service::Logs).then(|| set("AWS_ENDPOINT_URL_LOGS")).flatten();
            let url = set(service.variable()).or(short).or_else(|| set("AWS_ENDPOINT_URL"))?;
            Some((service, url.trim_end_matches('/').to_owned()))
        });
        Self { overrides: overrides.collect() }
    }

    /// The address of a service, without a slash at its end.
    pub fn of(&self, service: Service, region: &str) -> String {
        self.overrides.get(&service).cloned().unwrap_or_else(|| {
            let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            format!("https://{}.{region}.{domain}", service.signing_name())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_of_a_service_is_stronger_than_the_one_of_all() {
        let set = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some("http://127.0.0.1:1/".to_owned()),
            "AWS_ENDPOINT_URL_LOGS" => Some("http://127.0.0.1:2".to_owned()),
            _ => None,
        };
        let endpoints = Endpoints::new(&set);
        assert_eq!(endpoints.of(Service::XRay, "eu-west-1"), "http://127.0.0.1:1");
        assert_eq!(endpoints.of(Service::Logs, "eu-west-1"), "http://127.0.0.1:2");
        let own = Endpoints::default();
        assert_eq!(own.of(Service::CloudWatch, "eu-west-1"), "https://monitoring.eu-west-1.amazonaws.com");
        assert_eq!(own.of(Service::XRay, "cn-north-1"), "https://xray.cn-north-1.amazonaws.com.cn");
    }
}
