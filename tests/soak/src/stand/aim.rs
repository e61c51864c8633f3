//! Faults put in place, and whether they struck.

use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::Rng;

use super::Stand;
use crate::engine;
use crate::plan::Fault;
use crate::server::{Knob, Order};
use crate::wire::{Class, How, Shot};

/// The server waits so long before it acts where the wire is to be cut first.
const BEFORE_ACTING: u64 = 40;

/// What a fault is aimed at.
#[derive(Debug, Clone)]
pub(crate) struct Aim {
    /// The call that is struck: the next one of this rpc.
    pub rpc: &'static str,
    /// The point just before the call.
    pub before_call: &'static str,
    /// What the server is told so that news comes.
    pub news: Order,
}

/// How one knows afterwards whether the fault struck.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aimed {
    /// It always does.
    Always,
    /// The wire says so.
    Wire,
    /// The rpc was called: more often than this.
    Called(&'static str, u64),
    /// The process died or said that it passed the point.
    Point,
}

impl Stand {
    /// Puts a fault in place for the call that comes next.
    pub async fn aim(&mut self, fault: Fault, aim: &Aim) -> Result<Aimed> {
        let rpc = aim.rpc;
        let deadline = self.scale.money();
        let beyond = self.scale.beyond_deadline(&mut self.rng);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // After the last moment at which something aimed now can be carried out.
        self.quiet = Instant::now() + deadline * 3;
        let (after, knob) = match fault {
            // A price is no matter of processes: the lane of payments has changed it.
            Fault::None | Fault::KillTime | Fault::PriceChanged => return Ok(Aimed::Always),
            Fault::Stop => {
                self.awaited = Some(fault);
                let point = aim.before_call.to_owned();
                self.tell_engine(&engine::Order::HoldAt { point }).await;
                return Ok(Aimed::Point);
            }
            Fault::Wire(class, _) if class.is_of_connection() => {
                let point = aim.before_call.to_owned();
                self.tell_engine(&engine::Order::HoldAt { point }).await;
                return Ok(Aimed::Wire);
            }
            Fault::Wire(class, how) => {
                let at = self.rng.random();
                let hold = Duration::ZERO;
                self.wire.arm(rpc, Shot { class, how, at, hold });
                if class == Class::C6 {
                    let knob = Knob::Delay(BEFORE_ACTING);
                    self.tell_server(Order::Arm {
                        rpc: rpc.to_owned(),
                        after: false,
                        knob,
                    })
                    .await?;
                }
                return Ok(Aimed::Wire);
            }
            Fault::WireLate => {
                self.held = Instant::now() + beyond * 2;
                let shot = Shot {
                    class: Class::Late,
                    how: How::BlackHole,
                    at: 0,
                    hold: beyond,
                };
                self.wire.arm(rpc, shot);
                return Ok(Aimed::Wire);
            }
            Fault::KillPoint(point) => {
                self.awaited = Some(fault);
                self.lead_to(fault, point, aim).await?;
                self.tell_engine(&engine::Order::KillAt {
                    point: point.to_owned(),
                    nth: 1,
                })
                .await;
                return Ok(Aimed::Point);
            }
            Fault::Panic(point) => {
                self.awaited = Some(fault);
                self.lead_to(fault, point, aim).await?;
                self.tell_engine(&engine::Order::PanicAt {
                    point: point.to_owned(),
                })
                .await;
                return Ok(Aimed::Point);
            }
            Fault::Status(code, after) => (after, Knob::Status(code)),
            Fault::Http(after) => (after, Knob::Http(503)),
            Fault::Twice(after) => (after, Knob::Twice),
            Fault::TwiceLate(after) => (after, Knob::TwiceAfter(millis(beyond))),
            Fault::ServerLate(after) => (after, Knob::Late(millis(beyond))),
            Fault::Delay(after) => (after, Knob::Delay(millis(beyond))),
            Fault::Stall(after) => (after, Knob::Stall),
        };
        // A rule takes the next call of its rpc. That must not be a request of an earlier asking that comes late.
        tokio::time::sleep(self.held.saturating_duration_since(Instant::now())).await;
        let before = self.calls(rpc).await?;
        self.tell_server(Order::Arm {
            rpc: rpc.to_owned(),
            after,
            knob,
        })
        .await?;
        Ok(Aimed::Called(rpc, before))
    }

    /// Nothing of the server runs for so long; its sockets stay open.
    fn stop_the_server(&self, pause: Duration) {
        let Some(pid) = self.server.pid().and_then(|pid| i32::try_from(pid).ok()) else {
            return;
        };
        let pid = Pid::from_raw(pid);
        if kill(pid, Signal::SIGSTOP).is_ok() {
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                // Fails only when it is gone.
                let _ = kill(pid, Signal::SIGCONT);
            });
        }
    }

    /// Sees to it that a point is passed that an act does not pass by itself.
    async fn lead_to(&mut self, fault: Fault, point: &str, aim: &Aim) -> Result<()> {
        if point.ends_with(".look") {
            // Only silence is looked into.
            let order = Order::Arm {
                rpc: aim.rpc.to_owned(),
                after: true,
                knob: Knob::Status(14),
            };
            self.tell_server(order).await?;
        } else if fault.needs_news() {
            self.tell_server(aim.news.clone()).await?;
        } else if point.starts_with("sync.") {
            // After a gap everything is read again.
            self.wire.cut();
        }
        Ok(())
    }

    /// The engine passed a point: it panics there, or is held just before its call, and its connection can be struck.
    pub async fn at_the_point(&mut self, fault: Fault) {
        if matches!(fault, Fault::Panic(_)) {
            self.awaited = None;
            return;
        }
        if fault == Fault::Stop {
            self.awaited = None;
            let pause = self.scale.money() * self.rng.random_range(30..150) / 100;
            self.stop_the_server(pause);
        }
        if let Fault::Wire(class, how) = fault {
            let at = self.rng.random();
            let hold = Duration::ZERO;
            self.wire
                .arm_at_connections(Shot { class, how, at, hold }, self.barred);
            self.wire.cut();
            // So that the client knows that its connection is gone, and makes a new one for the call.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.tell_engine(&engine::Order::Go).await;
    }

    /// Whether the fault struck. What did not is taken back.
    pub async fn struck(&mut self, fault: Fault, aimed: Aimed) -> Result<bool> {
        match aimed {
            Aimed::Always => Ok(true),
            Aimed::Wire => {
                let injected = self.wire.injected();
                let class = match fault {
                    Fault::Wire(class, _) => class,
                    _ => Class::Late,
                };
                let mut struck = false;
                for one in injected.iter().filter(|one| one.class == class) {
                    struck = true;
                    self.totals.strike(class.to_string(), one.octet, one.of);
                }
                if !struck || class == Class::C6 {
                    self.tell_server(Order::Clear).await?;
                }
                Ok(struck)
            }
            Aimed::Called(rpc, before) => {
                let struck = self.calls(rpc).await? > before;
                if !struck {
                    self.tell_server(Order::Clear).await?;
                }
                Ok(struck)
            }
            Aimed::Point => {
                // What was to lead to the point, and another call or an earlier one came there first.
                self.tell_server(Order::Clear).await?;
                Ok(self.awaited.take().is_none())
            }
        }
    }

    async fn calls(&mut self, rpc: &str) -> Result<u64> {
        let numbers = self.tell_server(Order::Calls { rpc: rpc.to_owned() }).await?;
        Ok(numbers.first().copied().unwrap_or_default())
    }
}
