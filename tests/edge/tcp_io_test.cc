#include "edge_fixture.h"
