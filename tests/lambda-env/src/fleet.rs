//! The environments of one function, as Lambda keeps them: a request gets one that is free, or one that has to be
//! started, up to a limit. Knows no HTTP.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, task::AbortHandle};

use crate::{
    clock::Stamp,
    environment::{Availability, Environment, EnvironmentBuilder, Freeze, Shutdown, StartError},
    notice::{Event, Notice},
    runtime_api::{Call, Invocation},
};

/// How long a request waits for an environment that is about to become free: a function is still on its way to `next`
/// when its caller has the end of the response and may send another request.
const HANDOVER: Duration = Duration::from_millis(50);
const HANDOVER_LOOK: Duration = Duration::from_millis(2);

/// Takes notices; whoever does not listen misses nothing that matters here.
#[derive(Clone, Debug)]
pub(crate) struct Notices(pub(crate) mpsc::UnboundedSender<Notice>);

impl Notices {
    pub(crate) fn tell(&self, at: Stamp, environment: Option<usize>, event: Event) {
        let _ = self.0.send(Notice { at, environment, event });
    }
}

#[derive(Debug)]
pub(crate) struct Fleet {
    builder: EnvironmentBuilder,
    limit: usize,
    seed: Option<u64>,
    notices: Notices,
    members: Mutex<Vec<Arc<Member>>>,
    watching: Mutex<Vec<AbortHandle>>,
}

/// An environment with its number. It keeps both: after its process has ended it is started again.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) number: usize,
    environment: OnceLock<Environment>,
    /// A request is being handed to it.
    is_taken: AtomicBool,
}

/// Why no environment took an invocation.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// All are busy, and the limit is reached.
    Throttled,
    /// One had to be started, and did not start.
    NotStarted(usize, StartError),
}

/// An invocation that an environment has taken.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) member: Arc<Member>,
    pub(crate) call: Call,
    pub(crate) is_cold: bool,
}

impl Fleet {
    pub(crate) fn new(builder: EnvironmentBuilder, limit: usize, seed: Option<u64>, notices: Notices) -> Self {
        let (members, watching) = (Mutex::default(), Mutex::default());
        Self { builder, limit: limit.max(1), seed, notices, members, watching }
    }

    /// Starts as many as there may be: on Managed Instances there is no cold start on the way of a request.
    pub(crate) async fn start_all(&self) -> Result<(), StartError> {
        while let Some(member) = self.add() {
            self.start(&member).await?;
            self.let_freeze(&member);
            member.release();
        }
        Ok(())
    }

    /// Hands the invocation to an environment.
    pub(crate) async fn invoke(&self, invocation: Invocation) -> Result<Taken, Refusal> {
        let member = self.take().await.ok_or(Refusal::Throttled)?;
        let number = member.number;
        let taken = self.hand_over(Arc::clone(&member), invocation).await;
        member.release();
        taken.map_err(|error| Refusal::NotStarted(number, error))
    }

    async fn hand_over(&self, member: Arc<Member>, invocation: Invocation) -> Result<Taken, StartError> {
        let mut is_cold = false;
        if member.environment.get().is_none() {
            is_cold = true;
            self.start(&member).await.inspect_err(|_| self.forget(&member))?;
        }
        let environment = member.environment().ok_or_else(gone)?;
        is_cold |= environment.availability() == Availability::Down;
        let call = environment.invoke(invocation).await;
        self.let_freeze(&member);
        let call = call?;
        Ok(Taken { member, call, is_cold })
    }

    /// The member of this number.
    pub(crate) fn member(&self, number: usize) -> Option<Arc<Member>> {
        crate::lock(&self.members).iter().find(|member| member.number == number).cloned()
    }

    /// Shuts everything down, as Lambda does with environments that it no longer needs.
    pub(crate) async fn shut_down(&self) -> Vec<(usize, Shutdown)> {
        let members = crate::lock(&self.members).clone();
        let ends =
            members.iter().map(|member| async move { Some((member.number, member.environment()?.shut_down().await?)) });
        futures::future::join_all(ends).await.into_iter().flatten().collect()
    }

    async fn take(&self) -> Option<Arc<Member>> {
        let begin = Stamp::now();
        loop {
            if let Some(member) = self.find() {
                return Some(member);
            }
            if begin.elapsed() >= HANDOVER {
                return None;
            }
            tokio::time::sleep(HANDOVER_LOOK).await;
        }
    }

    /// One that is free; otherwise one without a process; otherwise a new one.
    fn find(&self) -> Option<Arc<Member>> {
        let mut members = crate::lock(&self.members);
        for wanted in [Availability::Free, Availability::Down] {
            if let Some(member) = members.iter().find(|member| member.reserve_if(wanted)) {
                return Some(Arc::clone(member));
            }
        }
        self.add_to(&mut members)
    }

    fn add(&self) -> Option<Arc<Member>> {
        self.add_to(&mut crate::lock(&self.members))
    }

    fn add_to(&self, members: &mut Vec<Arc<Member>>) -> Option<Arc<Member>> {
        let number = (1..=self.limit).find(|number| members.iter().all(|member| member.number != *number))?;
        let member = Member { number, environment: OnceLock::new(), is_taken: AtomicBool::new(true) };
        members.push(Arc::new(member));
        members.last().cloned()
    }

    fn forget(&self, member: &Arc<Member>) {
        crate::lock(&self.members).retain(|other| !Arc::ptr_eq(other, member));
    }

    /// From now on it freezes as its description says.
    fn let_freeze(&self, member: &Member) {
        if let Some(environment) = member.environment() {
            environment.set_freeze(self.builder.freeze_point());
        }
    }

    async fn start(&self, member: &Arc<Member>) -> Result<(), StartError> {
        // One that is started for a request gets it after its init phase, and is not frozen in between.
        let builder = self.builder.clone().freeze(Freeze::Never);
        let builder = match self.seed {
            Some(seed) => builder.seed(seed.wrapping_add(member.number as u64)),
            None => builder,
        };
        let environment = builder.start().await?;
        // Nobody else starts a member that is taken.
        let _ = member.environment.set(environment);
        let watch = [
            tokio::spawn(phases(Arc::clone(member), self.notices.clone())).abort_handle(),
            tokio::spawn(lines(Arc::clone(member), self.notices.clone())).abort_handle(),
        ];
        crate::lock(&self.watching).extend(watch);
        Ok(())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        crate::lock(&self.watching).iter().for_each(AbortHandle::abort);
    }
}

impl Member {
    pub(crate) fn environment(&self) -> Option<&Environment> {
        self.environment.get()
    }

    /// Reserves it first and looks then: whoever had it before has handed its request over.
    fn reserve_if(&self, wanted: Availability) -> bool {
        if self.is_taken.swap(true, Ordering::AcqRel) {
            return false;
        }
        let fits = self.environment().is_some_and(|environment| environment.availability() == wanted);
        if !fits {
            self.release();
        }
        fits
    }

    fn release(&self) {
        self.is_taken.store(false, Ordering::Release);
    }
}

/// An environment that was started and is not there: it cannot be, and a request is answered all the same.
fn gone() -> StartError {
    let error = std::io::Error::other("the environment is gone");
    StartError { failure: crate::environment::StartFailure::Spawn(error), log: Vec::new() }
}

/// Tells of the environment's life, and of what its runtime did wrong.
async fn phases(member: Arc<Member>, notices: Notices) {
    let Some(environment) = member.environment() else { return };
    let (mut seen, mut violations) = (0, 0);
    loop {
        let phases = environment.timeline_after(seen).await;
        seen += phases.len();
        for (at, phase) in phases {
            notices.tell(at, Some(member.number), Event::Phase(phase));
        }
        for violation in environment.violations().into_iter().skip(violations) {
            violations += 1;
            notices.tell(violation.at, Some(member.number), Event::Violation(violation));
        }
    }
}

async fn lines(member: Arc<Member>, notices: Notices) {
    let Some(environment) = member.environment() else { return };
    loop {
        for line in environment.log().take_next().await {
            notices.tell(line.at, Some(member.number), Event::Line(line));
        }
    }
}
