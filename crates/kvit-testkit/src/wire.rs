//! A wire that fails on command, between a client and the practice marketplace.
//!
//! It knows bytes and their direction, nothing of what they mean, so it treats connections in memory, TCP and TLS alike.
//! Plans are armed ([`FaultWire::arm`], [`FaultWire::arm_next`]); what really happened is reported
//! ([`FaultWire::injected`]), and only that counts.

pub mod front;
mod line;
mod tcp;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use kvit_sandbox::Sandbox;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use tokio::io::DuplexStream;

pub use self::{
    line::{Carrier, Line},
    tcp::Passage,
};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the marketplace.
    ToServer,
    /// From the marketplace to the client.
    ToClient,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::ToServer, Self::ToClient];
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// Both sides are reset: RST over TCP; in memory the client is told so, and the server sees the end.
    Reset,
    /// Both sides see an orderly end.
    Fin,
    /// Nobody is told anything: what is sent is swallowed, and nothing comes any more, also after [`FaultWire::heal`].
    /// The marketplace keeps its side open until then.
    BlackHole,
    /// The receiver of the direction sees an orderly end, and what its sender sends from then on reaches nobody. The
    /// other direction goes on.
    HalfClose,
}

impl How {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Reset, Self::Fin, Self::BlackHole, Self::HalfClose];
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plan {
    /// Once: lets so many bytes pass in this direction and ends the connection as soon as the last of them has passed.
    /// With none to let pass it ends when the first byte comes.
    Cut {
        /// Which way the bytes are counted.
        direction: Direction,
        /// How many may still pass.
        after_bytes: u64,
        /// How it ends.
        how: How,
    },
    /// Until healed: what is sent passes that much later, both ways, and is not overtaken.
    Delay(Duration),
    /// Until healed: one byte passes per tick of this length, both ways.
    Trickle(Duration),
    /// Until healed: nothing passes and nothing is lost. What was held back passes then.
    Stall,
}

/// Something that really went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injected {
    /// What it was. The bytes of a cut are those it was armed with.
    pub plan: Plan,
    /// Which connection: 1, 2, 3 and so on over the life of the wire.
    pub connection: u64,
    /// Bytes of this connection that had passed to the server by then.
    pub to_server: u64,
    /// And to the client.
    pub to_client: u64,
}

/// The wire. Clones are the same wire.
#[derive(Debug, Clone)]
pub struct FaultWire(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rng: StdRng,
    armed: Vec<Armed>,
    /// For connections to come, one each.
    next: VecDeque<Plan>,
    connections: u64,
    refusing: bool,
    injected: Vec<Injected>,
    /// By connection: bytes to the server and to the client.
    passed: HashMap<u64, (u64, u64)>,
    /// Who waits for something to change.
    waiting: HashMap<(u64, Direction), Waker>,
    /// The server's sides of black holes.
    lost: Vec<Box<dyn Carrier>>,
}

#[derive(Debug)]
struct Armed {
    plan: Plan,
    /// Only this connection, or any.
    only: Option<u64>,
    /// A cut: bytes that may still pass.
    left: u64,
    /// On which connections it has been reported.
    reported: HashSet<u64>,
}

impl Armed {
    fn new(plan: Plan, only: Option<u64>) -> Self {
        let left = match plan {
            Plan::Cut { after_bytes, .. } => after_bytes,
            Plan::Delay(_) | Plan::Trickle(_) | Plan::Stall => 0,
        };
        Self {
            plan,
            only,
            left,
            reported: HashSet::new(),
        }
    }

    fn concerns(&self, connection: u64) -> bool {
        self.only.is_none_or(|only| only == connection)
    }
}

/// What may be done with bytes that want to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Up to so many pass now, or after the time.
    Pass { at_most: u64, after: Option<Duration> },
    /// None, until something changes.
    Wait,
    /// None: the connection ends here.
    Cut(How),
}

impl FaultWire {
    /// A healthy wire. The seed is for [`FaultWire::arm_somewhere`].
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            rng: StdRng::seed_from_u64(seed),
            armed: Vec::new(),
            next: VecDeque::new(),
            connections: 0,
            refusing: false,
            injected: Vec::new(),
            passed: HashMap::new(),
            waiting: HashMap::new(),
            lost: Vec::new(),
        })))
    }

    /// Makes connections in memory through this wire, for [`kvit_client::Marketplace::over`].
    pub fn connector(
        &self,
        sandbox: &Arc<Sandbox>,
    ) -> impl Fn() -> io::Result<Line<DuplexStream>> + Clone + Send + Sync + 'static {
        let (wire, sandbox) = (self.clone(), Arc::clone(sandbox));
        move || wire.through(|| sandbox.connect_in_memory())
    }

    /// The client's end of a connection through this wire; `connect` makes the server's. An error while connections
    /// are refused.
    pub fn through<S: Carrier>(&self, connect: impl FnOnce() -> S) -> io::Result<Line<S>> {
        let number = {
            let mut state = self.state();
            if state.refusing {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            state.open()
        };
        Ok(Line::new(self.clone(), number, connect()))
    }

    /// Arms a plan for all connections, open ones and those to come; bytes are counted from now.
    pub fn arm(&self, plan: Plan) {
        self.state().armed.push(Armed::new(plan, None));
        self.wake();
    }

    /// Arms a plan for the next connection that is made and has none yet; bytes are counted from its start.
    pub fn arm_next(&self, plan: Plan) {
        self.state().next.push_back(plan);
    }

    /// Arms a cut somewhere within that many bytes from now, in a random direction and way; the same for the same seed.
    pub fn arm_somewhere(&self, within: u64) -> Plan {
        let plan = {
            let mut state = self.state();
            let direction = Direction::ALL
                .choose(&mut state.rng)
                .copied()
                .unwrap_or(Direction::ToServer);
            let how = How::ALL.choose(&mut state.rng).copied().unwrap_or(How::Reset);
            let after_bytes = state.rng.random_range(0..within.max(1));
            Plan::Cut {
                direction,
                after_bytes,
                how,
            }
        };
        self.arm(plan);
        plan
    }

    /// New connections are refused, or accepted again. Open ones are not touched.
    pub fn refuse(&self, refuse: bool) {
        self.state().refusing = refuse;
    }

    /// Forgets every plan, also those for connections to come, accepts connections, lets stalled ones go on and closes
    /// the server's side of black holes. What is armed anew counts from then.
    pub fn heal(&self) {
        let lost = {
            let mut state = self.state();
            state.armed.clear();
            state.next.clear();
            state.refusing = false;
            std::mem::take(&mut state.lost)
        };
        drop(lost);
        self.wake();
    }

    /// Whether a cut is armed that has not struck yet.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        let state = self.state();
        let cut = |plan: &Plan| matches!(plan, Plan::Cut { .. });
        state.next.iter().any(cut) || state.armed.iter().any(|armed| cut(&armed.plan))
    }

    /// Everything that went wrong so far, in order.
    #[must_use]
    pub fn injected(&self) -> Vec<Injected> {
        self.state().injected.clone()
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.state().connections
    }

    /// How many bytes have passed this way so far, over all connections.
    #[must_use]
    pub fn passed(&self, direction: Direction) -> u64 {
        let state = self.state();
        let of = |(to_server, to_client): &(u64, u64)| match direction {
            Direction::ToServer => *to_server,
            Direction::ToClient => *to_client,
        };
        state.passed.values().map(of).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What it guards is whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let waiting = std::mem::take(&mut self.state().waiting);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Wakes this waker when anything is armed, healed, or ended on this connection.
    fn wait(&self, connection: u64, direction: Direction, waker: &Waker) {
        self.state()
            .waiting
            .insert((connection, direction), waker.clone());
    }

    fn ended(&self, connection: u64) {
        let mut woken = Vec::new();
        let mut state = self.state();
        for direction in Direction::ALL {
            woken.extend(state.waiting.remove(&(connection, direction)));
        }
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }

    fn bury(&self, carrier: Box<dyn Carrier>) {
        self.state().lost.push(carrier);
    }
}

impl State {
    fn open(&mut self) -> u64 {
        self.connections = self.connections.wrapping_add(1);
        let number = self.connections;
        self.passed.insert(number, (0, 0));
        if let Some(plan) = self.next.pop_front() {
            self.armed.push(Armed::new(plan, Some(number)));
        }
        number
    }

    /// Says what may be done with bytes that are there and want to pass.
    fn judge(&mut self, connection: u64, direction: Direction) -> Verdict {
        let (mut at_most, mut after) = (u64::MAX, None);
        let mut report = Vec::new();
        let mut verdict = None;
        for (place, armed) in self.armed.iter_mut().enumerate() {
            if !armed.concerns(connection) {
                continue;
            }
            match armed.plan {
                Plan::Cut { direction: other, .. } if other != direction => continue,
                Plan::Cut { how, .. } if armed.left == 0 => {
                    verdict = Some((Verdict::Cut(how), Some(place)));
                    break;
                }
                Plan::Cut { .. } => {
                    at_most = at_most.min(armed.left);
                    continue;
                }
                Plan::Delay(time) => after = after.max(Some(time)),
                Plan::Trickle(tick) => {
                    after = after.max(Some(tick));
                    at_most = 1;
                }
                Plan::Stall => verdict = Some((Verdict::Wait, None)),
            }
            if armed.reported.insert(connection) {
                report.push(armed.plan);
            }
        }
        for plan in report {
            self.report(plan, connection);
        }
        match verdict {
            Some((verdict, struck)) => {
                if let Some(place) = struck {
                    let plan = self.armed.remove(place).plan;
                    self.report(plan, connection);
                }
                verdict
            }
            None => Verdict::Pass { at_most, after },
        }
    }

    /// Counts bytes that have passed; how the connection ends with the last of them, if it does.
    fn count(&mut self, connection: u64, direction: Direction, bytes: u64) -> Option<How> {
        let passed = self.passed.entry(connection).or_default();
        match direction {
            Direction::ToServer => passed.0 = passed.0.saturating_add(bytes),
            Direction::ToClient => passed.1 = passed.1.saturating_add(bytes),
        }
        let mut struck = None;
        for (place, armed) in self.armed.iter_mut().enumerate() {
            if let Plan::Cut {
                direction: other,
                how,
                ..
            } = armed.plan
                && other == direction
                && armed.concerns(connection)
                && armed.left > 0
            {
                armed.left = armed.left.saturating_sub(bytes);
                if armed.left == 0 && struck.is_none() {
                    struck = Some((place, how));
                }
            }
        }
        let (place, how) = struck?;
        let plan = self.armed.remove(place).plan;
        self.report(plan, connection);
        Some(how)
    }

    fn report(&mut self, plan: Plan, connection: u64) {
        let (to_server, to_client) = self.passed.get(&connection).copied().unwrap_or_default();
        self.injected.push(Injected {
            plan,
            connection,
            to_server,
            to_client,
        });
    }
}
