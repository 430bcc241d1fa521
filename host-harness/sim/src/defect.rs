//! Seeded defects: the orchestrator as it would behave if a known mistake were in it.
//!
//! Never part of the product: each defect sits at a seam, around the system, the store, the
//! component or the executor, and the code in between is what is shipped. Invariant: a defect that
//! no world notices is a checker that is missing.

mod component;
mod executor;
pub(crate) mod journal;
mod misread;
mod store;
mod system;

use aof_disk::LocalStore;
use aof_host::contract::lifecycle::{Config, Opened};
use aof_host::contract::types::Ctx;
use aof_host::executor::Executor;
use aof_host::gateway::Component;
use aof_host::instance::CallError;
use std::time::Duration;

use crate::agent::SimExecutor;
use crate::check::Violation;
use crate::native::NativeComponent;
use crate::run::{Case, Settings, case_of, replay, run, shrink};
use crate::world::{Engine, Lookout, Profile};

use component::FlawedComponent;
use executor::FlawedExecutor;
use store::FlawedStore;
use system::FlawedSystem;

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defect {
    /// The journal is written and not flushed.
    SkipJournalFlush,
    /// A checkpoint removes the old journal without having flushed the rest.
    SkipSync,
    /// Names are changed before the journal knows of it.
    NamesFirst,
    /// The journal's records leave out the lines of the logs.
    DropLogs,
    /// The journal is thrown away before the store is opened.
    SkipRecovery,
    /// Marks of an earlier life of the machine are believed.
    SameBoot,
    /// The journal is replayed over cards that were changed since.
    ReplayOverNewer,
    /// Whoever had the lock once believes that it still has it.
    ForgetEpoch,
    /// The lock is taken though somebody holds it.
    IgnoreLock,
    /// A batch that the disk refused is reported as done.
    SwallowFailure,
    /// A file's time alone tells whether it is the same.
    MtimeOnly,
    /// Whatever a person wrote meanwhile is replaced.
    OverwriteEdit,
    /// A rename replaces what is in its way.
    ReplaceTarget,
    /// Effects are not written down before they are handed out.
    DropOutbox,
    /// An effect is handed out twice, under two keys.
    DoubleSpawn,
    /// Runs that live are given up when a new host takes over.
    ReclaimLive,
    /// The result of a run that is over counts for the run that came after it.
    StaleResult,
    /// A lease ends before its time.
    ExpireEarly,
    /// Tasks are started before those that they depend on are done.
    IgnoreDependencies,
    /// Agents are given more than they can do at a time.
    IgnoreAgentCap,
    /// Teams are given more than they may have at a time.
    IgnoreTeamCap,
    /// Projects are given more than they may have at a time.
    IgnoreProjectCap,
    /// More is started than may run at a time at all.
    IgnoreRunCap,
    /// Tasks that want the same resource run side by side.
    ShareResources,
    /// Teams are given work without a pause.
    IgnorePace,
    /// Projects are given work without a pause.
    IgnoreProjectPace,
    /// Tasks are started without a pause between them.
    IgnoreRunPace,
    /// Tasks of projects that rest are started.
    IgnorePauses,
    /// Agents that are switched off are given work.
    AssignInactive,
    /// Agents are given tasks of an urgency that they do not take.
    IgnoreUrgency,
    /// Agents are taken to have every tag.
    OverrateAgents,
    /// Agents are given what only a person may do.
    ReplacePeople,
    /// The chart's rules lead elsewhere.
    MisreadRules,
    /// Members of a team are given what is its head's.
    OverlookHeads,
    /// An agent is taken for a person.
    TrustAgents,
    /// Agents make tasks for others that may not.
    FreeDelegation,
    /// Agents may make tasks for others and are refused.
    RefuseDelegation,
    /// What is refused is done all the same.
    RefuseLate,
    /// A limit of time is over before its time.
    HurryLimits,
    /// A limit of time is never over.
    OverlookLimits,
    /// People are told where a task is to be blocked or given up.
    SoftenLimits,
    /// Tasks are taken to stand where they are for longer than they do.
    ForgetMoves,
    /// Runs have no limit.
    RunForever,
    /// People are told again too soon.
    Nag,
    /// Agents that work are taken to be switched off.
    OverlookAgents,
    /// Whoever asks why a task waits is given no reason.
    ExplainNothing,
    /// A call with a key is made as often as it comes.
    ForgetKeys,
    /// Work logs are taken for a part of the body.
    RewriteLog,
    /// A list ends with its first page.
    ShortList,
    /// Budgets are far larger than they were written.
    Overspend,
    /// What sessions used is not heard.
    CountNothing,
    /// Hops that wait for others are taken to be skipped.
    SkipWaiting,
    /// Workflows forget that work was sent back.
    ForgetRejections,
    /// A join that waits for two goes on with the first.
    HurryJoins,
    /// What works on a hop that was set back is never told to end.
    KeepSuperseded,
    /// Whoever ends a hop also decides for the person who comes next.
    DecideForPeople,
    /// A task with a workflow is given up once an agent tries to move it.
    GiveUpWholes,
    /// Votes of those who failed are not missed.
    ExcuseVoters,
    /// A plan is carried out twice.
    DoublePlans,
}

/// Where a defect has to show.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// Its name on the command line.
    pub name: &'static str,
    /// The kind of worlds that lead to it.
    pub profile: Profile,
}

impl Defect {
    /// All of them.
    pub const ALL: [Defect; 59] = [
        Defect::SkipJournalFlush,
        Defect::SkipSync,
        Defect::NamesFirst,
        Defect::DropLogs,
        Defect::SkipRecovery,
        Defect::SameBoot,
        Defect::ReplayOverNewer,
        Defect::ForgetEpoch,
        Defect::IgnoreLock,
        Defect::SwallowFailure,
        Defect::MtimeOnly,
        Defect::OverwriteEdit,
        Defect::ReplaceTarget,
        Defect::DropOutbox,
        Defect::DoubleSpawn,
        Defect::ReclaimLive,
        Defect::StaleResult,
        Defect::ExpireEarly,
        Defect::IgnoreDependencies,
        Defect::IgnoreAgentCap,
        Defect::IgnoreTeamCap,
        Defect::IgnoreProjectCap,
        Defect::IgnoreRunCap,
        Defect::ShareResources,
        Defect::IgnorePace,
        Defect::IgnoreProjectPace,
        Defect::IgnoreRunPace,
        Defect::IgnorePauses,
        Defect::AssignInactive,
        Defect::IgnoreUrgency,
        Defect::OverrateAgents,
        Defect::ReplacePeople,
        Defect::MisreadRules,
        Defect::OverlookHeads,
        Defect::TrustAgents,
        Defect::FreeDelegation,
        Defect::RefuseDelegation,
        Defect::RefuseLate,
        Defect::HurryLimits,
        Defect::OverlookLimits,
        Defect::SoftenLimits,
        Defect::ForgetMoves,
        Defect::RunForever,
        Defect::Nag,
        Defect::OverlookAgents,
        Defect::ExplainNothing,
        Defect::ForgetKeys,
        Defect::RewriteLog,
        Defect::ShortList,
        Defect::Overspend,
        Defect::CountNothing,
        Defect::SkipWaiting,
        Defect::ForgetRejections,
        Defect::HurryJoins,
        Defect::KeepSuperseded,
        Defect::DecideForPeople,
        Defect::GiveUpWholes,
        Defect::ExcuseVoters,
        Defect::DoublePlans,
    ];

    /// Its name, and the worlds in which it shows.
    #[must_use]
    pub const fn describe(self) -> Description {
        let (name, profile) = match self {
            Defect::SkipJournalFlush => ("skip-journal-flush", Profile::Disk),
            Defect::SkipSync => ("skip-sync", Profile::Disk),
            Defect::NamesFirst => ("names-first", Profile::Disk),
            Defect::DropLogs => ("drop-logs", Profile::Disk),
            Defect::SkipRecovery => ("skip-recovery", Profile::Disk),
            Defect::SameBoot => ("same-boot", Profile::Disk),
            Defect::ReplayOverNewer => ("replay-over-newer", Profile::People),
            Defect::ForgetEpoch => ("forget-epoch", Profile::Hosts),
            Defect::IgnoreLock => ("ignore-lock", Profile::Hosts),
            Defect::SwallowFailure => ("swallow-failure", Profile::Disk),
            Defect::MtimeOnly => ("mtime-only", Profile::Clash),
            Defect::OverwriteEdit => ("overwrite-edit", Profile::Clash),
            Defect::ReplaceTarget => ("replace-target", Profile::Clash),
            Defect::DropOutbox => ("drop-outbox", Profile::Disk),
            Defect::DoubleSpawn => ("double-spawn", Profile::Calm),
            Defect::ReclaimLive => ("reclaim-live", Profile::Calm),
            Defect::StaleResult => ("stale-result", Profile::Calm),
            Defect::ExpireEarly => ("expire-early", Profile::Calm),
            Defect::IgnoreDependencies => ("ignore-dependencies", Profile::Calm),
            Defect::IgnoreAgentCap => ("ignore-agent-cap", Profile::Fabric),
            Defect::IgnoreTeamCap => ("ignore-team-cap", Profile::Fabric),
            Defect::IgnoreProjectCap => ("ignore-project-cap", Profile::Fabric),
            Defect::IgnoreRunCap => ("ignore-run-cap", Profile::Fabric),
            Defect::ShareResources => ("share-resources", Profile::Fabric),
            Defect::IgnorePace => ("ignore-pace", Profile::Fabric),
            Defect::IgnoreProjectPace => ("ignore-project-pace", Profile::Fabric),
            Defect::IgnoreRunPace => ("ignore-run-pace", Profile::Fabric),
            Defect::IgnorePauses => ("ignore-pauses", Profile::Fabric),
            Defect::AssignInactive => ("assign-inactive", Profile::Fabric),
            Defect::IgnoreUrgency => ("ignore-urgency", Profile::Fabric),
            Defect::OverrateAgents => ("overrate-agents", Profile::Fabric),
            Defect::ReplacePeople => ("replace-people", Profile::Fabric),
            Defect::MisreadRules => ("misread-rules", Profile::Fabric),
            Defect::OverlookHeads => ("overlook-heads", Profile::Fabric),
            Defect::TrustAgents => ("trust-agents", Profile::Fabric),
            Defect::FreeDelegation => ("free-delegation", Profile::Fabric),
            Defect::RefuseDelegation => ("refuse-delegation", Profile::Fabric),
            Defect::RefuseLate => ("refuse-late", Profile::Fabric),
            Defect::HurryLimits => ("hurry-limits", Profile::Fabric),
            Defect::OverlookLimits => ("overlook-limits", Profile::Fabric),
            Defect::SoftenLimits => ("soften-limits", Profile::Fabric),
            Defect::ForgetMoves => ("forget-moves", Profile::Fabric),
            Defect::RunForever => ("run-forever", Profile::Fabric),
            Defect::Nag => ("nag", Profile::Fabric),
            Defect::OverlookAgents => ("overlook-agents", Profile::Fabric),
            Defect::ExplainNothing => ("explain-nothing", Profile::Fabric),
            Defect::ForgetKeys => ("forget-keys", Profile::Fabric),
            Defect::RewriteLog => ("rewrite-log", Profile::Fabric),
            Defect::ShortList => ("short-list", Profile::Fabric),
            Defect::Overspend => ("overspend", Profile::Fabric),
            Defect::CountNothing => ("count-nothing", Profile::Fabric),
            Defect::SkipWaiting => ("skip-waiting", Profile::Flows),
            Defect::ForgetRejections => ("forget-rejections", Profile::Flows),
            Defect::HurryJoins => ("hurry-joins", Profile::Flows),
            Defect::KeepSuperseded => ("keep-superseded", Profile::Flows),
            Defect::DecideForPeople => ("decide-for-people", Profile::Flows),
            Defect::GiveUpWholes => ("give-up-wholes", Profile::Flows),
            Defect::ExcuseVoters => ("excuse-voters", Profile::Flows),
            Defect::DoublePlans => ("double-plans", Profile::Flows),
        };
        Description { name, profile }
    }

    /// The defect of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|defect| defect.describe().name == name)
    }

    /// Opens a store as a component with this defect does.
    ///
    /// # Errors
    /// What the engine refuses.
    pub(crate) fn open(
        self,
        process: Lookout,
        ctx: &Ctx,
        config: &Config,
    ) -> Result<(Box<dyn Component>, Opened), CallError> {
        let machine = process.process().machine().clone();
        let system = FlawedSystem::new(process, self);
        let local = LocalStore::over(system).sweep_interval(Duration::ZERO);
        let store = FlawedStore::new(local, machine, self);
        let (component, mut opened) = NativeComponent::open(Box::new(store), ctx, config)?;
        component::spoil(self, &mut opened.effects);
        Ok((Box::new(FlawedComponent::new(component, self)), opened))
    }

    /// The executor of a host with this defect.
    pub(crate) fn executor(self, whole: SimExecutor) -> Box<dyn Executor> {
        match self {
            Defect::ReclaimLive => Box::new(FlawedExecutor::new(whole)),
            _ => Box::new(whole),
        }
    }
}

/// How a defect was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catch {
    /// The world in which it showed; without the defect nothing is wrong there.
    pub seed: u64,
    /// Worlds that were lived through until then.
    pub worlds: u64,
    /// What did not hold.
    pub violation: Violation,
}

/// Steps of the worlds in which defects are looked for.
const STEPS: usize = 60;

impl Defect {
    /// Looks for a world, from `first` on, that the defect makes fail and that is sound without it.
    #[must_use]
    pub fn hunt(self, first: u64, seeds_max: u64) -> Option<Catch> {
        let mut settings = Settings {
            steps: STEPS,
            profile: Some(self.describe().profile),
            engine: Engine::Flawed(self),
        };
        for seed in first..first.saturating_add(seeds_max) {
            settings.engine = Engine::Flawed(self);
            let Some(failure) = run(seed, &settings).failure else {
                continue;
            };
            settings.engine = Engine::Native;
            if run(seed, &settings).failure.is_none() {
                return Some(Catch {
                    seed,
                    worlds: seed - first + 1,
                    violation: failure.violation,
                });
            }
        }
        None
    }

    /// The world of a catch, made as small as it can be while it still holds without the defect.
    #[must_use]
    pub fn written_down(self, catch: &Catch) -> Case {
        let settings = Settings {
            steps: STEPS,
            profile: Some(self.describe().profile),
            engine: Engine::Flawed(self),
        };
        let whole = case_of(catch.seed, &settings);
        let failure = replay(&whole, &settings.engine).failure;
        let small = failure.map(|failure| shrink(&failure, &settings.engine));
        let sound = small.filter(|it| replay(&it.case, &Engine::Native).failure.is_none());
        let (mut case, violation) = match sound {
            Some(small) => (small.case, small.violation),
            None => (whole, catch.violation.clone()),
        };
        case.found = Some(format!("{}: {violation}", self.describe().name));
        case
    }
}
