//! How an environment is to be: program, variables, function, sidecars. It starts nothing by itself.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{freeze::Freeze, variables::Sidecar};
use crate::{
    function::{Function, Platform},
    runtime_api::RuntimeApiOptions,
    segment::SegmentSink,
};

/// Lambda's own limit for the init phase.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Describes an environment; [`Self::start`] starts it.
#[derive(Clone, Debug)]
pub struct EnvironmentBuilder {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) directory: Option<PathBuf>,
    pub(super) variables: BTreeMap<String, Option<String>>,
    pub(super) extensions: Vec<PathBuf>,
    pub(super) extension_variables: BTreeMap<String, Option<String>>,
    pub(super) extension_present: bool,
    pub(super) abort_at_shutdown: bool,
    pub(super) runtime_shutdown: Option<Duration>,
    pub(super) freeze: Freeze,
    pub(super) init_timeout: Duration,
    pub(super) api: RuntimeApiOptions,
}

impl EnvironmentBuilder {
    pub(super) fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            arguments: Vec::new(),
            directory: None,
            variables: BTreeMap::new(),
            extensions: Vec::new(),
            extension_variables: BTreeMap::new(),
            extension_present: false,
            abort_at_shutdown: false,
            runtime_shutdown: None,
            freeze: Freeze::AtIdle,
            init_timeout: INIT_TIMEOUT,
            api: RuntimeApiOptions::default(),
        }
    }

    /// Adds a command line argument (Lambda gives none).
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts the processes in this directory, as Lambda does in `/var/task`, and says so as `LAMBDA_TASK_ROOT`. The program
    /// then has to be named by an absolute path.
    #[must_use]
    pub fn task_root(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self.var("LAMBDA_TASK_ROOT", &directory.as_ref().to_string_lossy())
    }

    /// Sets a variable. The process gets what Lambda sets and what is set here, nothing of the caller's environment.
    #[must_use]
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Takes a variable away that Lambda or a sidecar sets.
    #[must_use]
    pub fn without_var(mut self, name: &str) -> Self {
        self.variables.insert(name.to_owned(), None);
        self
    }

    /// Tells the function of something beside it: a receiver or a fake service.
    #[must_use]
    pub fn beside(mut self, sidecar: &impl Sidecar) -> Self {
        self.variables.extend(sidecar.variables().into_iter().map(|(name, value)| (name, Some(value))));
        self
    }

    /// Runs this program as an external extension, started before the function and frozen with it. It has to register
    /// under its file name.
    #[must_use]
    pub fn extension(mut self, program: impl AsRef<Path>) -> Self {
        self.extensions.push(program.as_ref().to_owned());
        self
    }

    /// Sets a variable that extensions get and the function does not.
    #[must_use]
    pub fn extension_var(mut self, name: &str, value: &str) -> Self {
        self.extension_variables.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// The names under which the external extensions have to register.
    pub(super) fn extension_names(&self) -> Vec<String> {
        let names = self.extensions.iter().filter_map(|program| program.file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    /// Acts as if an extension were registered that always waits for its next event: the runtime then gets SIGTERM at
    /// shutdown, which Lambda sends only where an extension is registered.
    #[must_use]
    pub const fn extension_present(mut self) -> Self {
        self.extension_present = true;
        self
    }

    /// Describes the function.
    #[must_use]
    pub fn function(mut self, function: Function) -> Self {
        self.api.function = function;
        self
    }

    /// Sets the deadline of invocations that bring none.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.api.function.timeout = timeout;
        self
    }

    /// Sets how many invocations the environment takes at once.
    #[must_use]
    pub const fn concurrency(mut self, slots: usize) -> Self {
        self.api.function.concurrency = slots;
        self
    }

    /// Runs the function as Lambda Managed Instances does, with so many workers: see [`Platform::ManagedInstances`].
    #[must_use]
    pub const fn managed_instances(mut self, workers: usize) -> Self {
        self.api.function.platform = Platform::ManagedInstances;
        self.concurrency(workers)
    }

    /// Ends invocations before the process is told of the end, as the agent of Managed Instances does by its published
    /// source. Without it their answers are read to the end of the process, so that a test sees what a function still says.
    #[must_use]
    pub const fn abort_at_shutdown(mut self) -> Self {
        self.abort_at_shutdown = true;
        self
    }

    /// Sets how long the runtime has between SIGTERM and SIGKILL, for machines that are slower than Lambda's.
    #[must_use]
    pub const fn runtime_shutdown(mut self, limit: Duration) -> Self {
        self.runtime_shutdown = Some(limit);
        self
    }

    /// Sets when it freezes.
    #[must_use]
    pub const fn freeze(mut self, freeze: Freeze) -> Self {
        self.freeze = freeze;
        self
    }

    /// Sets the limit of the init phase (10 s on Lambda).
    #[must_use]
    pub const fn init_timeout(mut self, limit: Duration) -> Self {
        self.init_timeout = limit;
        self
    }

    /// Makes all ids a function of this seed (and of the time, inside trace ids). Environments side by side need seeds of
    /// their own.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.api.seed = Some(seed);
        self
    }

    /// Bounds the kernel's receive buffer for responses, in bytes, so that a reader that stands still is soon felt.
    #[must_use]
    pub const fn receive_buffer(mut self, bytes: u32) -> Self {
        self.api.receive_buffer = Some(bytes);
        self
    }

    /// Hands Lambda's own segments to this sink.
    #[must_use]
    pub fn segments(mut self, sink: Arc<dyn SegmentSink>) -> Self {
        self.api.segments = Some(sink);
        self
    }

    /// When it freezes.
    pub(crate) const fn freeze_point(&self) -> Freeze {
        self.freeze
    }
}
