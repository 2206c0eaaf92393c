package main

import _ "time/tzdata" // TZ works where no zone files are installed: in the container, on Windows.
