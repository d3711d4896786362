// The door of format: text in, values out. It wraps the libraries that parse; none of them shows in a signature.
#pragma once
#include "format/dotenv.h"    // IWYU pragma: export
#include "format/glob.h"      // IWYU pragma: export
#include "format/json.h"      // IWYU pragma: export
#include "format/node.h"      // IWYU pragma: export
#include "format/quantity.h"  // IWYU pragma: export
#include "format/toml.h"      // IWYU pragma: export
#include "format/url.h"       // IWYU pragma: export
#include "format/utf8.h"      // IWYU pragma: export
#include "format/yaml.h"      // IWYU pragma: export
