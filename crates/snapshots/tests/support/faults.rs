//! A store in memory that counts its calls, and fails the ones it is told to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use bytes::Bytes;
use snapshots::store::{Object, ObjectStore, StoreError};

#[derive(Default)]
pub(crate) struct FaultStore(Mutex<State>);

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Bytes>,
    calls: Vec<Call>,
    plan: Option<Plan>,
    late: Vec<Effect>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) what: &'static str,
    pub(crate) key: String,
    pub(crate) failed: bool,
}

impl Call {
    pub(crate) fn changes(&self) -> bool {
        matches!(self.what, "put" | "delete")
    }
}

/// From the call with that number on, for so many calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) first: usize,
    pub(crate) count: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing has happened.
    Before,
    /// It has happened, and the answer was lost.
    After,
    /// Nobody knows; it happens later.
    Late,
}

type Effect = Box<dyn FnOnce(&mut BTreeMap<String, Bytes>) + Send>;

impl FaultStore {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no test panics in here")
    }

    pub(crate) fn fail(&self, plan: Plan) {
        let mut state = self.state();
        state.plan = Some(plan);
        state.calls.clear();
    }

    /// What was under way arrives. Answers whether the plan ever struck.
    pub(crate) fn settle(&self) -> bool {
        let mut state = self.state();
        state.plan = None;
        let late = std::mem::take(&mut state.late);
        late.into_iter().for_each(|effect| effect(&mut state.objects));
        state.calls.iter().any(|call| call.failed)
    }

    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state().calls)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Bytes> {
        self.state().objects.clone()
    }

    pub(crate) fn set_objects(&self, objects: BTreeMap<String, Bytes>) {
        self.state().objects = objects;
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.state().objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    pub(crate) fn flip_a_byte(&self, key: &str) {
        let mut state = self.state();
        let content = state.objects.get_mut(key).expect("it is there");
        let mut altered = content.to_vec();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        *content = altered.into();
    }

    pub(crate) fn remove(&self, key: &str) {
        self.state().objects.remove(key).expect("it is there");
    }

    /// As restic has it on a disk.
    pub(crate) fn export(&self, dir: &Path) {
        for name in ["data", "index", "keys", "locks", "snapshots"] {
            fs::create_dir_all(dir.join(name)).expect("a directory");
        }
        for (key, content) in &self.state().objects {
            let path = dir.join(key);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, content).expect("a file");
        }
    }

    fn call<T>(
        &self,
        what: &'static str,
        key: &str,
        answer: impl FnOnce(&BTreeMap<String, Bytes>) -> Result<T, StoreError>,
        effect: Effect,
    ) -> Result<T, StoreError> {
        let mut state = self.state();
        let number = state.calls.len();
        let struck =
            state.plan.filter(|plan| (plan.first..plan.first + plan.count).contains(&number));
        state.calls.push(Call { what, key: key.into(), failed: struck.is_some() });
        let kind = match struck {
            None => {
                let answer = answer(&state.objects);
                effect(&mut state.objects);
                return answer;
            }
            Some(plan) => plan.kind,
        };
        match kind {
            Kind::Before => {}
            Kind::After => effect(&mut state.objects),
            Kind::Late => state.late.push(effect),
        }
        let source = format!("{kind:?}").into();
        Err(StoreError::Unavailable { what, key: key.into(), source })
    }
}

fn nothing() -> Effect {
    Box::new(|_| ())
}

impl ObjectStore for FaultStore {
    fn location(&self) -> String {
        "memory".into()
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        let list = |objects: &BTreeMap<String, Bytes>| {
            let found = objects.iter().filter(|(key, _)| key.starts_with(prefix));
            Ok(found
                .map(|(key, content)| Object { key: key.clone(), size: content.len() as u64 })
                .collect())
        };
        self.call("list", prefix, list, nothing())
    }

    fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        let get = |objects: &BTreeMap<String, Bytes>| {
            objects.get(key).cloned().ok_or_else(|| StoreError::NotFound(key.into()))
        };
        self.call("get", key, get, nothing())
    }

    fn get_range(&self, key: &str, offset: u64, length: u64) -> Result<Bytes, StoreError> {
        let get = |objects: &BTreeMap<String, Bytes>| {
            let content = objects.get(key).ok_or_else(|| StoreError::NotFound(key.into()))?;
            let end = content.len().min((offset + length) as usize);
            Ok(content.slice((offset as usize).min(end)..end))
        };
        self.call("get", key, get, nothing())
    }

    fn put(&self, key: &str, content: Vec<Bytes>) -> Result<(), StoreError> {
        let (name, content) = (key.to_owned(), Bytes::from(content.concat()));
        let effect = Box::new(move |objects: &mut BTreeMap<String, Bytes>| {
            objects.insert(name, content);
        });
        self.call("put", key, |_| Ok(()), effect)
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        let name = key.to_owned();
        let effect = Box::new(move |objects: &mut BTreeMap<String, Bytes>| {
            objects.remove(&name);
        });
        self.call("delete", key, |_| Ok(()), effect)
    }
}
