//! CBOR as RPC v2 uses it, to and from JSON values. It knows no operation.

use minicbor::{Decoder, Encoder, data::Type};
use serde_json::{Map, Value, json};

/// More nesting than any request has.
const MAX_DEPTH: u8 = 32;

/// Reads one value. Time stamps (tag 1) come out as their number of seconds.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, String> {
    let mut decoder = Decoder::new(bytes);
    value(&mut decoder, MAX_DEPTH).map_err(|error| error.to_string())
}

fn value(decoder: &mut Decoder<'_>, depth: u8) -> Result<Value, minicbor::decode::Error> {
    use minicbor::decode::Error;
    let depth = depth.checked_sub(1).ok_or_else(|| Error::message("nested too deeply"))?;
    Ok(match decoder.datatype()? {
        Type::Map | Type::MapIndef => {
            let mut left = decoder.map()?;
            let mut map = Map::new();
            while more(decoder, &mut left)? {
                let key = decoder.str()?.to_owned();
                map.insert(key, value(decoder, depth)?);
            }
            Value::Object(map)
        }
        Type::Array | Type::ArrayIndef => {
            let mut left = decoder.array()?;
            let mut array = Vec::new();
            while more(decoder, &mut left)? {
                array.push(value(decoder, depth)?);
            }
            Value::Array(array)
        }
        Type::String => json!(decoder.str()?),
        Type::StringIndef => json!(decoder.str_iter()?.collect::<Result<String, _>>()?),
        Type::Bool => json!(decoder.bool()?),
        Type::Null | Type::Undefined => {
            decoder.skip()?;
            Value::Null
        }
        Type::F16 | Type::F32 | Type::F64 => json!(decoder.f64()?),
        Type::Tag => {
            decoder.tag()?;
            value(decoder, depth)?
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => json!(decoder.u64()?),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => json!(decoder.i64()?),
        other => return Err(Error::type_mismatch(other)),
    })
}

/// Whether the container goes on; takes its end.
fn more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, minicbor::decode::Error> {
    match left {
        Some(0) => Ok(false),
        Some(left) => {
            *left -= 1;
            Ok(true)
        }
        None if decoder.datatype()? == Type::Break => {
            decoder.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}

/// Writes a map of texts: all that answers need.
pub(super) fn texts(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let mut written = encoder.map(pairs.len() as u64).map(drop);
    for (key, text) in pairs {
        written = written.and_then(|()| encoder.str(key)?.str(text).map(drop));
    }
    // A vector takes every byte.
    debug_assert!(written.is_ok());
    encoder.into_writer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definite_and_indefinite_values_read_alike() {
        let mut encoder = Encoder::new(Vec::new());
        encoder.begin_map().unwrap().str("Namespace").unwrap().str("x").unwrap();
        encoder.str("MetricData").unwrap().array(1).unwrap().map(2).unwrap();
        encoder.str("Value").unwrap().f64(1.5).unwrap();
        encoder.str("Timestamp").unwrap().tag(minicbor::data::IanaTag::Timestamp).unwrap().f64(2.0).unwrap();
        encoder.end().unwrap();
        let expected = json!({"Namespace": "x", "MetricData": [{"Value": 1.5, "Timestamp": 2.0}]});
        assert_eq!(decode(&encoder.into_writer()).unwrap(), expected);
        assert_eq!(decode(&texts(&[("a", "b")])).unwrap(), json!({"a": "b"}));
    }

    #[test]
    fn what_is_broken_is_an_error() {
        assert!(decode(&[0xbf, 0x61]).is_err());
        assert!(decode(&[]).is_err());
        assert!(decode(&[0x81; 100]).unwrap_err().contains("deeply"));
    }
}
