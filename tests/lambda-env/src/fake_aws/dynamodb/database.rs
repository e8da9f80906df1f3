//! The tables, and which of them exist. It knows no operation.

use std::{collections::BTreeMap, time::Duration};

use super::{TableSpec, answer::ServiceError, table::Table};

const PAGE_BYTES: usize = 1_024 * 1_024;

#[derive(Debug)]
pub(in crate::fake_aws) struct Database {
    pub(in crate::fake_aws) page_bytes: usize,
    lag: Duration,
    pub(super) tables: BTreeMap<String, Table>,
}

impl Default for Database {
    fn default() -> Self {
        Self { page_bytes: PAGE_BYTES, lag: Duration::ZERO, tables: BTreeMap::new() }
    }
}

impl Database {
    pub(in crate::fake_aws) fn create(&mut self, spec: TableSpec) {
        self.tables.insert(spec.name.clone(), Table::new(spec, self.lag));
    }

    pub(in crate::fake_aws) fn set_index_lag(&mut self, lag: Duration) {
        self.lag = lag;
        self.tables.values_mut().for_each(|table| table.set_lag(lag));
    }

    pub(in crate::fake_aws) fn table(&mut self, name: &str) -> Result<&mut Table, ServiceError> {
        let table = self.tables.get_mut(name);
        table.ok_or_else(|| ServiceError::new(400, "ResourceNotFoundException", "Requested resource not found"))
    }
}
