#!/usr/bin/env bash
# The kiln command inside the image.
exec java -Dai.djl.offline=true -cp "/opt/kiln/cli/kiln.jar:/opt/kiln/cli/lib/*" io.kiln.cli.Kiln "$@"
