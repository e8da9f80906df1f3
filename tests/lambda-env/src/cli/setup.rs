//! From flags to the description of an environment.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::flags::ServeArgs;
use crate::{
    environment::{Environment, EnvironmentBuilder, Freeze},
    otlp_receiver::OtlpReceiver,
    xray_receiver::XrayReceiver,
};

/// A flag that does not go with the others, or with this machine.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// There is no such program.
    #[error("{0} cannot be run")]
    Program(PathBuf, #[source] io::Error),
    /// A directory without programs.
    #[error("{0} holds no programs to be started as extensions")]
    Extensions(PathBuf),
    /// A fault without what it would befall.
    #[error("a fault of the collector needs one: --otlp")]
    NoCollector,
}

/// Each environment, as the flags describe it.
pub(super) fn environment(
    arguments: &ServeArgs,
    xray: &XrayReceiver,
    collector: Option<&OtlpReceiver>,
) -> Result<EnvironmentBuilder, Unusable> {
    let program = arguments.program.canonicalize();
    let program = program.map_err(|error| Unusable::Program(arguments.program.clone(), error))?;
    let root = arguments.task_root.clone().or_else(|| program.parent().map(PathBuf::from));
    let mut builder = Environment::builder(&program).beside(xray).segments(Arc::new(xray.clone()));
    builder = root.iter().fold(builder, EnvironmentBuilder::task_root);
    builder = collector.iter().fold(builder, |builder, collector| builder.beside(*collector));
    builder = arguments.arguments.iter().fold(builder, |builder, argument| builder.argument(argument));
    if let Some(directory) = &arguments.extensions {
        builder = extensions(directory)?.iter().fold(builder, EnvironmentBuilder::extension);
    }
    let of_extensions = arguments.extension_variables.iter();
    builder = of_extensions.fold(builder, |builder, (name, value)| builder.extension_var(name, value));
    if arguments.extension_present {
        builder = builder.extension_present();
    }
    let function = crate::Function {
        name: arguments.name.clone(),
        handler: arguments.handler.clone(),
        region: arguments.region.clone(),
        memory_mb: arguments.memory,
        timeout: arguments.timeout,
        ..crate::Function::default()
    };
    builder = builder.function(function).concurrency(arguments.concurrency.into()).init_timeout(arguments.init_timeout);
    if let Some(workers) = arguments.managed_instances {
        builder = builder.managed_instances(workers.into());
    }
    builder = builder.freeze(match arguments.freeze_after {
        _ if arguments.no_freeze => Freeze::Never,
        Some(time) => Freeze::After(time),
        None => Freeze::AtIdle,
    });
    Ok(arguments.variables.iter().fold(builder, |builder, (name, value)| builder.var(name, value)))
}

/// The programs in a directory, or in the `extensions` of an unpacked layer.
fn extensions(directory: &Path) -> Result<Vec<PathBuf>, Unusable> {
    let inner = directory.join("extensions");
    let directory = if inner.is_dir() { inner } else { directory.to_owned() };
    let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut programs: Vec<PathBuf> =
        entries.filter(|path| path.is_file()).filter_map(|path| path.canonicalize().ok()).collect();
    programs.sort();
    if programs.is_empty() { Err(Unusable::Extensions(directory)) } else { Ok(programs) }
}
