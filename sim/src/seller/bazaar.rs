//! A discovery extension of the size that real catalogues ask for: eight query fields, an example
//! and two schemas, some 5 KB of JSON that a paying client has no use for.

use serde_json::{Map, Value, json};

/// The name under which the extension is advertised.
pub(super) const NAME: &str = "bazaar";

/// The extension for a resource that is asked for with this method.
pub(super) fn extension(method: &str) -> Value {
    json!({
        "info": {
            "input": {"type": "http", "method": method, "queryParams": examples()},
            "output": {"type": "json", "example": output_example()},
        },
        "schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"input": input_schema(method), "output": output_schema()},
            "required": ["input"],
        },
    })
}

fn examples() -> Map<String, Value> {
    let example = |field: &Field| (field.name.to_owned(), Value::from(field.example));
    FIELDS.iter().map(example).collect()
}

fn input_schema(method: &str) -> Value {
    let property = |field: &Field| {
        let schema = json!({
            "type": field.kind,
            "description": field.description,
            "examples": [field.example],
        });
        (field.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = FIELDS.iter().map(property).collect();
    json!({
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": "http"},
            "method": {"type": "string", "enum": [method]},
            "queryParams": {
                "type": "object",
                "properties": properties,
                "required": ["latitude", "longitude"],
                "additionalProperties": false,
            },
        },
        "required": ["type", "method"],
        "additionalProperties": false,
    })
}

fn output_example() -> Value {
    json!({
        "location": {"latitude": 52.5163, "longitude": 13.3777, "name": "Berlin"},
        "observed": "2026-01-01T00:00:00Z",
        "temperature": {"value": -1.5, "unit": "celsius"},
        "wind": {"speed": 3.2, "gust": 7.9, "direction": 270},
        "hourly": [{"hour": 0, "temperature": -1.5}, {"hour": 1, "temperature": -1.9}],
    })
}

fn output_schema() -> Value {
    let number = |description: &str| json!({"type": "number", "description": description});
    json!({
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "example": {
                "type": "object",
                "properties": {
                    "location": {
                        "type": "object",
                        "properties": {
                            "latitude": number("Degrees north of the equator, as the station reports them"),
                            "longitude": number("Degrees east of Greenwich, as the station reports them"),
                            "name": {"type": "string", "description": "The name of the nearest settlement"},
                        },
                    },
                    "observed": {
                        "type": "string",
                        "format": "date-time",
                        "description": "When the station took the measurement, in UTC",
                    },
                    "temperature": {
                        "type": "object",
                        "properties": {
                            "value": number("Air temperature two metres above the ground"),
                            "unit": {"type": "string", "enum": ["celsius", "fahrenheit", "kelvin"]},
                        },
                    },
                    "wind": {
                        "type": "object",
                        "properties": {
                            "speed": number("Mean over the ten minutes before the observation"),
                            "gust": number("Highest three-second mean in those ten minutes"),
                            "direction": number("Where the wind comes from, in degrees clockwise from north"),
                        },
                    },
                    "humidity": number("Relative humidity in per cent, two metres above the ground"),
                    "pressure": number("Air pressure in hectopascal, reduced to the mean level of the sea"),
                    "precipitation": number("Rain and melted snow of the last hour, in millimetres"),
                    "cloudCover": number("The part of the sky that is covered, in per cent"),
                    "visibility": number("How far one can see, in metres; at most 50 000"),
                    "ultravioletIndex": number("The index of ultraviolet radiation as the WHO defines it"),
                    "sunrise": {
                        "type": "string",
                        "format": "date-time",
                        "description": "When the upper limb of the sun comes over the horizon",
                    },
                    "sunset": {
                        "type": "string",
                        "format": "date-time",
                        "description": "When the upper limb of the sun goes under the horizon",
                    },
                    "warnings": {
                        "type": "array",
                        "description": "Warnings of the authorities for this place, the gravest first",
                        "items": {"type": "string", "maxLength": 512},
                    },
                    "hourly": {
                        "type": "array",
                        "description": "The forecast, an entry an hour, for as many days as were asked for",
                        "items": {
                            "type": "object",
                            "properties": {
                                "hour": {"type": "integer", "minimum": 0},
                                "temperature": number("Air temperature two metres above the ground"),
                            },
                        },
                    },
                },
            },
        },
        "required": ["type"],
    })
}

struct Field {
    name: &'static str,
    kind: &'static str,
    example: &'static str,
    description: &'static str,
}

const FIELDS: [Field; 8] = [
    Field {
        name: "latitude",
        kind: "string",
        example: "52.5163",
        description: "Degrees north of the equator; places on the southern hemisphere are negative. Up to six digits after the point are read.",
    },
    Field {
        name: "longitude",
        kind: "string",
        example: "13.3777",
        description: "Degrees east of Greenwich; places west of it are negative. Up to six digits after the point are read.",
    },
    Field {
        name: "days",
        kind: "string",
        example: "7",
        description: "How many days of forecast to return, from 1 to 16. The price does not depend on it.",
    },
    Field {
        name: "unit",
        kind: "string",
        example: "celsius",
        description: "The unit of every temperature in the answer: celsius, fahrenheit or kelvin.",
    },
    Field {
        name: "language",
        kind: "string",
        example: "en",
        description: "The language of place names and warnings, as an ISO 639-1 code; English if there is no translation.",
    },
    Field {
        name: "timezone",
        kind: "string",
        example: "Europe/Berlin",
        description: "The IANA time zone in which the days of the forecast begin. Times are given in UTC all the same.",
    },
    Field {
        name: "model",
        kind: "string",
        example: "best",
        description: "The forecast model: best mixes all that cover the place, others are listed in the documentation.",
    },
    Field {
        name: "fields",
        kind: "string",
        example: "temperature,wind",
        description: "Names of the measurements to return, with commas between them. All are returned if none is named.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_is_about_5_kb() {
        let size = extension("GET").to_string().len();
        assert!((4500..5500).contains(&size), "{size}");
    }
}
