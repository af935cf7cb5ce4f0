//! The way to each collector, step by step: its name, a connection, trust, and its time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::StatusCode;
use report::{Bilingual, Timestamp};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::identity::renews_itself;
use super::{Check, Health, Question};
use crate::address::Address;
use crate::clock;
use crate::config::Config;
use crate::identity::Identity;
use crate::remedies::HERE;
use crate::uplink::reach::{reach, resolve};
use crate::uplink::{Distrust, ExchangeError, Told, Uplink, tls, within};
use crate::words::span;

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
    let configured = &config.collectors[..];
    let addresses = identity.map_or(configured, |identity| identity.collectors(configured));
    if addresses.is_empty() {
        let why = Bilingual::new("chưa biết máy chủ thu nhận nào", "no collector is known");
        return STEPS.map(|step| Check::untested(step, why.clone())).into();
    }
    let uplink = identity.map(|identity| tls::reports(identity, heard)).and_then(Result::ok);
    let uplink =
        uplink.map(|tls| Uplink::new(addresses.to_vec(), tls).through(config.proxy.clone()));
    let way = Way { config, uplink, patience };
    let mut checks = Vec::new();
    for address in addresses {
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
        let reached = reach(address, proxy, self.patience).await;
        let took = clock::read().since(&began);
        match reached {
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
        match self.greet(uplink, stream, address).await {
            Ok((group, told)) => [trusted(&group), clock(told)],
            Err(error) => {
                let is_about_dates =
                    matches!(error, ExchangeError::Tls(Distrust::Dates(_) | Distrust::OwnDates(_)));
                let clock = match is_about_dates {
                    true => clock(self.in_time(uplink.ask_the_time(address)).await),
                    false => Check::untested(
                        Question::Clock,
                        Bilingual::new("hai bên chưa tin nhau", "there is no trust"),
                    ),
                };
                [untrusted(&error), clock]
            }
        }
    }

    /// The group that the keys were agreed in and what time it is, where both sides trust each
    /// other. This side has finished its handshake before the collector looks at this machine's
    /// certificate: what it thinks of it shows in the place of its first answer.
    async fn greet(
        &self,
        uplink: &Uplink,
        stream: TcpStream,
        address: &Address,
    ) -> Result<(String, Result<Told, ExchangeError>), ExchangeError> {
        let stream = self.in_time(uplink.trust(stream, address)).await?;
        let group = stream.get_ref().1.negotiated_key_exchange_group();
        let group = group.map_or_else(String::new, |group| format!("{:?}", group.name()));
        match self.in_time(uplink.ask_the_time_over(stream, address)).await {
            Err(ExchangeError::Tls(why)) => Err(why.into()),
            told => Ok((group, told)),
        }
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, ExchangeError>>,
    ) -> Result<T, ExchangeError> {
        within(self.patience, work).await
    }
}

fn resolved(address: &Address, found: io::Result<Vec<SocketAddr>>) -> Check {
    let question = Question::Name;
    let resolve = HERE.resolve(address.host());
    let remedy = || {
        Bilingual::new(
            format!("kiểm tra DNS ({resolve}) hoặc sửa `collectors` trong agent.toml"),
            format!("look at DNS ({resolve}), or correct `collectors` in agent.toml"),
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

fn trusted(group: &str) -> Check {
    Check::fine(Question::Tls, Bilingual::same(format!("TLS 1.3, {group}")))
}

fn untrusted(error: &ExchangeError) -> Check {
    let remedy = match error {
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
        ExchangeError::Tls(Distrust::OwnDates(_)) => renews_itself(),
        ExchangeError::Tls(Distrust::Unwanted(_)) => not_wanted(),
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

fn not_wanted() -> Bilingual {
    Bilingual::new(
        "máy chủ thu nhận có thể không còn nhận máy này: xem lachan-agent status, hỏi người quản \
         trị, ghi danh lại với --replace nếu cần",
        "the collector may not accept this machine any more: see lachan-agent status, ask its \
         administrator, enrol anew with --replace if need be",
    )
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
        Err(error) => {
            let seen = Bilingual::same(error.to_string());
            Check::failed(Question::Clock, seen, without_time(&error))
        }
    }
}

/// What to do about a collector that was reached and tells no time.
fn without_time(error: &ExchangeError) -> Bilingual {
    match error {
        ExchangeError::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => not_wanted(),
        ExchangeError::Status(
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS,
        ) => try_later(),
        ExchangeError::Status(status) if status.is_server_error() => try_later(),
        ExchangeError::Status(_) => nothing_known(),
        ExchangeError::TimedOut => Bilingual::new(
            "máy chủ thu nhận hoặc đường truyền đang chậm: thử lại sau",
            "the collector or the way to it is slow: try again later",
        ),
        ExchangeError::Connect(_) | ExchangeError::Proxy(_) => Bilingual::new(
            "vừa mới kết nối được: xem dòng Kết nối ở trên và thử lại",
            "a moment ago there was a connection: see its line above, and try again",
        ),
        ExchangeError::Tls(_) => {
            Bilingual::new("xem dòng Tin cậy (TLS) ở trên", "see the line of trust (TLS) above")
        }
        ExchangeError::Http(_) | ExchangeError::TooLong => Bilingual::new(
            "thử lại; nếu vẫn vậy: ở địa chỉ này có phải là máy chủ thu nhận không, có thiết bị nào \
             ngắt kết nối không",
            "try again; if it stays so: is this really a collector's address, does a device on the \
             way break connections",
        ),
        ExchangeError::Senseless(_) => Bilingual::new(
            "báo người quản trị máy chủ thu nhận: chỉnh đồng hồ của máy chủ, hoặc gia hạn chứng thư \
             của nó",
            "tell the collector's administrator: put its clock right, or renew its certificate",
        ),
        ExchangeError::NobodyToTell => {
            Bilingual::new("ghi danh máy này trước", "enrol this machine first")
        }
    }
}

fn try_later() -> Bilingual {
    Bilingual::new(
        "máy chủ thu nhận đang bận hoặc gặp lỗi: thử lại sau; nếu kéo dài, báo người quản trị của nó",
        "the collector is busy or in trouble: try again later; if that lasts, tell its \
         administrator",
    )
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
    let synchronise = HERE.keep_time();
    let remedy = Bilingual::new(
        format!("đồng bộ giờ ({synchronise}); nếu sai lại sau khi tắt máy, thay pin CMOS"),
        format!(
            "synchronise it ({synchronise}); if it is wrong again after a night, replace the \
             battery"
        ),
    );
    match seconds.unsigned_abs() {
        0..=SKEW_TO_TELL => Check::fine(question, seen),
        off if off <= SKEW_TO_MEND => Check::finding(question, seen, remedy),
        _ => Check::failed(question, seen, remedy),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::uplink::reach::tests::BlackHole;

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
        let of = |why| untrusted(&ExchangeError::Tls(why)).remedy.unwrap().en;
        assert!(of(Distrust::Dates(String::new())).contains("clock"));
        assert!(of(Distrust::Name(String::new())).contains("certificate"));
        assert!(of(Distrust::Authority(String::new())).contains("inspection"));
        assert!(of(Distrust::OwnDates(String::new())).contains("the agent renews it"));
        assert!(of(Distrust::Unwanted(String::new())).contains("may not accept this machine"));
    }

    #[test]
    fn only_a_machine_that_is_not_accepted_is_told_to_enrol_anew() {
        let status = |code| ExchangeError::Status(StatusCode::from_u16(code).unwrap());
        let broken = || io::Error::from(io::ErrorKind::ConnectionReset);
        for (error, advice) in [
            (status(403), "enrol anew with --replace"),
            (status(429), "try again later"),
            (status(503), "try again later"),
            (status(418), "really a collector's address"),
            (ExchangeError::TimedOut, "slow: try again later"),
            (ExchangeError::Connect(broken()), "see its line above"),
            (Distrust::Dates(String::new()).into(), "the line of trust"),
            (ExchangeError::TooLong, "break connections"),
            (ExchangeError::Senseless(String::new()), "put its clock right"),
        ] {
            let check = clock(Err(error));
            let remedy = check.remedy.unwrap().en;
            assert!(remedy.contains(advice), "{advice}: {remedy}");
            assert_eq!(remedy.contains("--replace"), advice.contains("--replace"), "{remedy}");
        }
        assert_eq!(clock(Err(status(404))).health, Health::Untested);
    }

    #[tokio::test]
    async fn a_black_hole_is_given_up_and_told() {
        let nowhere = BlackHole::open().await;
        let text = format!("collectors = [\"{}\"]", nowhere.address);
        let config = Config::parse(Path::new("agent.toml"), &text).unwrap();
        let patience = Duration::from_millis(300);
        let checks = examine(&config, None, Timestamp(0), patience).await;
        let [_, connection, trust, clock] = &checks[..] else {
            panic!("one collector");
        };
        assert_eq!(connection.health, Health::Failed);
        assert!(connection.remedy.clone().unwrap().en.contains("firewall"));
        assert_eq!([trust.health, clock.health], [Health::Untested; 2]);
    }
}
