//! A table in memory with its indexes, which may lag behind. It parses no request.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{
    answer::{ServiceError, invalid},
    value::{Item, Scalar},
};
use crate::clock::Stamp;

/// A table's keys and indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSpec {
    pub(super) name: String,
    pub(super) hash: String,
    pub(super) sort: Option<String>,
    pub(super) indexes: Vec<IndexSpec>,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexSpec {
    pub(super) name: String,
    pub(super) hash: String,
    pub(super) sort: Option<String>,
    /// What it holds beside the keys; everything without a list.
    pub(super) includes: Option<Vec<String>>,
}

impl TableSpec {
    /// A table with this hash key.
    pub fn new(name: &str, hash: &str) -> Self {
        Self { name: name.to_owned(), hash: hash.to_owned(), sort: None, indexes: Vec::new() }
    }

    /// Adds a sort key.
    #[must_use]
    pub fn sort(mut self, sort: &str) -> Self {
        self.sort = Some(sort.to_owned());
        self
    }

    /// Adds an index that holds every attribute.
    #[must_use]
    pub fn index(mut self, name: &str, hash: &str, sort: &str) -> Self {
        let (name, hash, sort) = (name.to_owned(), hash.to_owned(), Some(sort.to_owned()));
        self.indexes.push(IndexSpec { name, hash, sort, includes: None });
        self
    }

    fn key(&self, item: &Item) -> Result<Key, ServiceError> {
        let part = |name: &String| {
            item.scalar(name).ok_or_else(|| invalid(&format!("One of the required keys was not given a value: {name}")))
        };
        Ok((part(&self.hash)?, self.sort.as_ref().map(part).transpose()?))
    }
}

/// Hash and sort value of an item in its table.
pub(super) type Key = (Scalar, Option<Scalar>);
/// Hash and sort value in the index, then the key in the table: DynamoDB's order but for ties, whose order it does not say.
type Place = (Scalar, Option<Scalar>, Key);

#[derive(Debug)]
pub(crate) struct Table {
    pub(super) spec: TableSpec,
    pub(super) ttl: Option<String>,
    items: BTreeMap<Key, Arc<Item>>,
    indexes: Vec<BTreeMap<Place, Arc<Item>>>,
    lag: Duration,
    late: VecDeque<(Stamp, Change)>,
}

#[derive(Debug)]
struct Change {
    key: Key,
    old: Option<Arc<Item>>,
    new: Option<Arc<Item>>,
}

/// An item with its place in the order that is queried.
pub(super) type Entry = (Option<Scalar>, Key, Arc<Item>);

impl Table {
    pub(super) fn new(spec: TableSpec, lag: Duration) -> Self {
        let indexes = spec.indexes.iter().map(|_| BTreeMap::new()).collect();
        Self { spec, ttl: None, items: BTreeMap::new(), indexes, lag, late: VecDeque::new() }
    }

    pub(crate) fn put(&mut self, item: Item) -> Result<Option<Arc<Item>>, ServiceError> {
        let key = self.spec.key(&item)?;
        for index in &self.spec.indexes {
            for name in std::iter::once(&index.hash).chain(&index.sort) {
                if item.0.contains_key(name) && item.scalar(name).is_none() {
                    return Err(invalid(&format!("Type mismatch for Index Key {name}")));
                }
            }
        }
        let new = Arc::new(item);
        let old = self.items.insert(key.clone(), Arc::clone(&new));
        self.change(Change { key, old: old.clone(), new: Some(new) });
        Ok(old)
    }

    pub(crate) fn delete(&mut self, key: &Item) -> Result<Option<Arc<Item>>, ServiceError> {
        let key = self.spec.key(key)?;
        let old = self.items.remove(&key);
        if old.is_some() {
            self.change(Change { key, old: old.clone(), new: None });
        }
        Ok(old)
    }

    pub(super) fn get(&self, key: &Item) -> Result<Option<Arc<Item>>, ServiceError> {
        Ok(self.items.get(&self.spec.key(key)?).cloned())
    }

    pub(crate) fn items(&self) -> Vec<Item> {
        self.items.values().map(|item| Item::clone(item)).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn set_lag(&mut self, lag: Duration) {
        self.lag = lag;
    }

    /// The entries of one partition from `low` on, in order; of an index, or of the table itself.
    pub(super) fn partition<'a>(
        &'a mut self,
        index: Option<usize>,
        hash: &'a Scalar,
        low: Option<&Scalar>,
    ) -> Box<dyn Iterator<Item = Entry> + 'a> {
        let from = (hash.clone(), low.cloned());
        match index {
            None => {
                let found = self.items.range(from..).take_while(move |((found, _), _)| found == hash);
                Box::new(found.map(|(key, item)| (key.1.clone(), key.clone(), Arc::clone(item))))
            }
            Some(index) => {
                self.catch_up();
                let first = (from.0, from.1, (Scalar::lowest(), None));
                let found = self.indexes[index].range(first..).take_while(move |((found, ..), _)| found == hash);
                Box::new(found.map(|((_, sort, key), item)| (sort.clone(), key.clone(), Arc::clone(item))))
            }
        }
    }

    fn change(&mut self, change: Change) {
        if self.lag.is_zero() && self.late.is_empty() {
            self.apply(&change);
        } else {
            self.late.push_back((Stamp::now(), change));
        }
    }

    /// Shows the writes that are old enough, in their order.
    fn catch_up(&mut self) {
        while self.late.front().is_some_and(|(at, _)| at.elapsed() >= self.lag) {
            if let Some((_, change)) = self.late.pop_front() {
                self.apply(&change);
            }
        }
    }

    fn apply(&mut self, Change { key, old, new }: &Change) {
        for (index, entries) in self.spec.indexes.iter().zip(&mut self.indexes) {
            let place = |item: &Item| {
                let sort = index.sort.as_ref().map(|name| item.scalar(name));
                // Without its keys an item is not in the index.
                Some((item.scalar(&index.hash)?, sort.map_or(Some(None), |found| found.map(Some))?, key.clone()))
            };
            if let Some(place) = old.as_deref().and_then(place) {
                entries.remove(&place);
            }
            if let Some((place, item)) = new.as_ref().and_then(|item| Some((place(item)?, item))) {
                entries.insert(place, index.holds(&self.spec, item));
            }
        }
    }
}

impl IndexSpec {
    fn holds(&self, table: &TableSpec, item: &Arc<Item>) -> Arc<Item> {
        let Some(includes) = &self.includes else { return Arc::clone(item) };
        let keys = [Some(&self.hash), self.sort.as_ref(), Some(&table.hash), table.sort.as_ref()];
        let names: Vec<_> = keys.into_iter().flatten().chain(includes).cloned().collect();
        Arc::new(item.project(&names))
    }
}
