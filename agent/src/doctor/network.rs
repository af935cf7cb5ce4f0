//! The way to each collector, step by step: its name, a connection, trust, and its time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::StatusCode;
use report::{Bilingual, Timestamp};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Check, Health, Question, span};
use crate::address::Address;
use crate::clock;
use crate::config::Config;
use crate::identity::Identity;
use crate::uplink::reach::{reach, resolve};
use crate::uplink::{Distrust, ExchangeError, Told, Uplink, tls};

/// From here on people should look at a clock, in seconds.
const SKEW_TO_TELL: u64 = 5 * 60;
/// From here on policies do not believe what the machine says of today.
const SKEW_TO_MEND: u64 = 24 * 3600;

const STEPS: [Question; 4] = [Question::Name, Question::Connection, Question::Tls, Question::Clock];

pub(super) async fn examine(
    config: &Config,
    identity: Option<&Identity>,
    heard: Timestamp,
    patience: Duration,
) -> Vec<Check> {
    let addresses = match (&config.collectors[..], identity) {
        ([], Some(identity)) => identity.addresses.clone(),
        (configured, _) => configured.to_vec(),
    };
    if addresses.is_empty() {
        let why = Bilingual::new("chưa biết máy chủ thu nhận nào", "no collector is known");
        return STEPS.map(|step| Check::untested(step, why.clone())).into();
    }
    let uplink = identity.map(|identity| tls::reports(identity, heard)).and_then(Result::ok);
    let uplink =
        uplink.map(|tls| Uplink::new(addresses.clone(), tls).through(config.proxy.clone()));
    let way = Way { config, uplink, patience };
    let mut checks = Vec::new();
    for address in &addresses {
        checks.extend(way.to(address).await.map(|check| check.of(address.to_string())));
    }
    checks
}

/// How collectors are reached.
struct Way<'a> {
    config: &'a Config,
    /// Without an identity nobody is trusted.
    uplink: Option<Uplink>,
    patience: Duration,
}

impl Way<'_> {
    async fn to(&self, address: &Address) -> [Check; 4] {
        let name = self.name(address).await;
        let [connection, mut trust, clock] = match name.health {
            Health::Fine | Health::Finding | Health::Untested => self.beyond_name(address).await,
            Health::Failed => {
                let why = Bilingual::new("không tìm được địa chỉ", "there is no address");
                [Question::Connection, Question::Tls, Question::Clock]
                    .map(|step| Check::untested(step, why.clone()))
            }
        };
        // Dates that stand in the way are a finding only, where the collector tells the time.
        if trust.health == Health::Failed && matches!(clock.health, Health::Fine | Health::Finding)
        {
            trust.health = Health::Finding;
        }
        [name, connection, trust, clock]
    }

    async fn name(&self, address: &Address) -> Check {
        if self.config.proxy.is_some() {
            let why = Bilingual::new("proxy sẽ tìm địa chỉ", "the proxy resolves it");
            return Check::untested(Question::Name, why);
        }
        let found = timeout(self.patience, resolve(address)).await;
        resolved(address, found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())))
    }

    async fn beyond_name(&self, address: &Address) -> [Check; 3] {
        let began = clock::read();
        let proxy = self.config.proxy.as_ref();
        let reached = timeout(self.patience, reach(address, proxy)).await;
        let took = clock::read().since(&began);
        match reached.unwrap_or(Err(ExchangeError::TimedOut)) {
            Ok(stream) => {
                let through = proxy.map(|proxy| proxy.address().to_string());
                let [trust, clock] = self.beyond_connection(address, stream).await;
                [connected(took, through.as_deref()), trust, clock]
            }
            Err(error) => {
                let why = Bilingual::new("chưa kết nối được", "there is no connection");
                let trust = Check::untested(Question::Tls, why.clone());
                [unconnected(&error), trust, Check::untested(Question::Clock, why)]
            }
        }
    }

    async fn beyond_connection(&self, address: &Address, stream: TcpStream) -> [Check; 2] {
        let Some(uplink) = &self.uplink else {
            let why = Bilingual::new(
                "chưa ghi danh nên chưa biết tin ai",
                "not enrolled: nobody is trusted yet",
            );
            return [Question::Tls, Question::Clock].map(|step| Check::untested(step, why.clone()));
        };
        let trusted = timeout(self.patience, uplink.trust(stream, address)).await;
        let trusted = trusted.unwrap_or(Err(ExchangeError::TimedOut)).map(|stream| {
            let group = stream.get_ref().1.negotiated_key_exchange_group();
            group.map_or_else(String::new, |group| format!("{:?}", group.name()))
        });
        let may_ask = matches!(trusted, Ok(_) | Err(ExchangeError::Tls(Distrust::Dates(_))));
        let clock = match may_ask {
            true => {
                let told = timeout(self.patience, uplink.ask_the_time(address)).await;
                clock(told.unwrap_or(Err(ExchangeError::TimedOut)))
            }
            false => Check::untested(
                Question::Clock,
                Bilingual::new("không tin được bên kia", "the other side is not trusted"),
            ),
        };
        [trust(trusted), clock]
    }
}

fn resolved(address: &Address, found: io::Result<Vec<SocketAddr>>) -> Check {
    let question = Question::Name;
    let host = address.host();
    let remedy = || {
        Bilingual::new(
            format!("kiểm tra DNS (getent hosts {host}) hoặc sửa `collectors` trong agent.toml"),
            format!("look at DNS (getent hosts {host}), or correct `collectors` in agent.toml"),
        )
    };
    match found {
        Ok(found) if found.is_empty() => Check::failed(
            question,
            Bilingual::new("tên không có địa chỉ", "the name has no address"),
            remedy(),
        ),
        Ok(found) => {
            let found: Vec<_> = found.iter().map(|address| address.ip().to_string()).collect();
            Check::fine(question, Bilingual::same(found.join(", ")))
        }
        Err(error) => Check::failed(question, Bilingual::same(error.to_string()), remedy()),
    }
}

fn connected(took: Duration, through: Option<&str>) -> Check {
    let took = took.as_millis();
    let seen = match through {
        None => Bilingual::same(format!("{took} ms")),
        Some(proxy) => Bilingual::new(
            format!("{took} ms, qua proxy {proxy}"),
            format!("{took} ms, through the proxy {proxy}"),
        ),
    };
    Check::fine(Question::Connection, seen)
}

fn unconnected(error: &ExchangeError) -> Check {
    let remedy = match error {
        ExchangeError::Proxy(_) => Bilingual::new(
            "xem `proxy` trong agent.toml và hỏi người quản trị proxy",
            "look at `proxy` in agent.toml, and ask who runs the proxy",
        ),
        ExchangeError::Connect(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Bilingual::new(
                "không ai nghe ở cổng này: máy chủ thu nhận có chạy không, cổng có đúng không",
                "nobody listens at this port: does the collector run, is the port right",
            )
        }
        ExchangeError::Connect(_) | ExchangeError::TimedOut => Bilingual::new(
            "mạng hoặc tường lửa không cho qua: mở cổng này tới máy chủ thu nhận, hoặc đặt `proxy`",
            "the network or a firewall is in the way: let this port through, or set `proxy`",
        ),
        ExchangeError::Tls(_)
        | ExchangeError::Http(_)
        | ExchangeError::TooLong
        | ExchangeError::Senseless(_)
        | ExchangeError::NobodyToTell
        | ExchangeError::Status(_) => nothing_known(),
    };
    Check::failed(Question::Connection, Bilingual::same(error.to_string()), remedy)
}

fn nothing_known() -> Bilingual {
    Bilingual::new(
        "ở địa chỉ này có phải là máy chủ thu nhận không",
        "is this really a collector's address",
    )
}

/// Trust, with the group that the keys were agreed in.
fn trust(trusted: Result<String, ExchangeError>) -> Check {
    let error = match trusted {
        Ok(group) => {
            return Check::fine(Question::Tls, Bilingual::same(format!("TLS 1.3, {group}")));
        }
        Err(error) => error,
    };
    let remedy = match &error {
        ExchangeError::Tls(Distrust::Dates(_)) => Bilingual::new(
            "chỉnh đồng hồ máy này; nếu đồng hồ đúng, gia hạn chứng thư của máy chủ thu nhận",
            "put this machine's clock right; if it is, renew the collector's certificate",
        ),
        ExchangeError::Tls(Distrust::Name(_)) => Bilingual::new(
            "ghi vào `collectors` một tên hoặc địa chỉ có trong chứng thư của máy chủ thu nhận, \
             hoặc cấp chứng thư cho tên này (init --public)",
            "write a name or address under `collectors` that is in the collector's certificate, \
             or give it one for this name (init --public)",
        ),
        ExchangeError::Tls(Distrust::Authority(_)) => Bilingual::new(
            "đây là máy chủ khác, hoặc có thiết bị mở TLS trên đường: miễn kiểm tra cho địa chỉ này; \
             nếu máy chủ thu nhận được cài lại, ghi danh lại với --replace",
            "this is another server, or a device on the way opens TLS: exempt this address from \
             inspection; if the collector was set up anew, enrol anew with --replace",
        ),
        ExchangeError::Connect(_)
        | ExchangeError::Proxy(_)
        | ExchangeError::Tls(Distrust::Other(_))
        | ExchangeError::TimedOut
        | ExchangeError::Http(_)
        | ExchangeError::TooLong
        | ExchangeError::Senseless(_)
        | ExchangeError::NobodyToTell
        | ExchangeError::Status(_) => nothing_known(),
    };
    Check::failed(Question::Tls, Bilingual::same(error.to_string()), remedy)
}

fn clock(told: Result<Told, ExchangeError>) -> Check {
    match told {
        Ok(told) => skew(told.skew()),
        Err(ExchangeError::Status(StatusCode::NOT_FOUND)) => Check::untested(
            Question::Clock,
            Bilingual::new(
                "máy chủ thu nhận này chưa cho biết giờ",
                "this collector does not tell the time",
            ),
        ),
        Err(error) => Check::failed(
            Question::Clock,
            Bilingual::same(error.to_string()),
            Bilingual::new(
                "máy chủ thu nhận có thể không còn nhận máy này: xem lachan-agent status, hỏi \
                 người quản trị, ghi danh lại với --replace nếu cần",
                "the collector may not accept this machine any more: see lachan-agent status, ask \
                 its administrator, enrol anew with --replace if need be",
            ),
        ),
    }
}

/// The machine's clock minus the collector's, in seconds.
fn skew(seconds: i64) -> Check {
    let question = Question::Clock;
    let off = span(seconds);
    let seen = match seconds {
        0 => Bilingual::new("khớp với máy chủ thu nhận", "as the collector's"),
        1.. => Bilingual::new(format!("nhanh {}", off.vi), format!("{} ahead", off.en)),
        _ => Bilingual::new(format!("chậm {}", off.vi), format!("{} behind", off.en)),
    };
    let remedy = Bilingual::new(
        "đồng bộ giờ (timedatectl set-ntp true); nếu sai lại sau khi tắt máy, thay pin CMOS",
        "synchronise it (timedatectl set-ntp true); if it is wrong again after a night, replace \
         the battery",
    );
    match seconds.unsigned_abs() {
        0..=SKEW_TO_TELL => Check::fine(question, seen),
        off if off <= SKEW_TO_MEND => Check::finding(question, seen, remedy),
        _ => Check::failed(question, seen, remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        "collector.example:7443".parse().unwrap()
    }

    #[test]
    fn a_name_shows_its_addresses_or_how_to_ask_for_them() {
        let found = vec!["10.0.0.7:7443".parse().unwrap(), "[::1]:7443".parse().unwrap()];
        let check = resolved(&address(), Ok(found));
        assert_eq!((check.health, check.seen.en.as_str()), (Health::Fine, "10.0.0.7, ::1"));
        for found in [Ok(Vec::new()), Err(io::ErrorKind::NotFound.into())] {
            let check = resolved(&address(), found);
            assert_eq!(check.health, Health::Failed);
            assert!(check.remedy.unwrap().en.contains("getent hosts collector.example"));
        }
    }

    #[test]
    fn five_minutes_are_told_and_a_day_is_too_much() {
        let health = |seconds| skew(seconds).health;
        assert_eq!([health(0), health(300), health(-300)], [Health::Fine; 3]);
        assert_eq!([health(301), health(-86_400)], [Health::Finding; 2]);
        assert_eq!([health(86_401), health(i64::MIN)], [Health::Failed; 2]);
        assert_eq!(skew(-90_000).seen.en, "25 h behind");
        assert_eq!(skew(7_200).seen.vi, "nhanh 2 giờ");
    }

    #[test]
    fn what_stands_in_the_way_has_its_own_remedy() {
        let of = |error| unconnected(&error).remedy.unwrap().en;
        let refused = ExchangeError::Connect(io::ErrorKind::ConnectionRefused.into());
        assert!(of(refused).contains("nobody listens"));
        assert!(of(ExchangeError::TimedOut).contains("firewall"));
        let of = |why| trust(Err(ExchangeError::Tls(why))).remedy.unwrap().en;
        assert!(of(Distrust::Dates(String::new())).contains("clock"));
        assert!(of(Distrust::Name(String::new())).contains("certificate"));
        assert!(of(Distrust::Authority(String::new())).contains("inspection"));
    }
}
