#!/usr/bin/env bash
# The kiln command inside the image.
exec java -Dai.djl.offline=true -cp "/opt/kiln/cli/kiln.jar:/opt/kiln/cli/lib/*${KILN_CLASS_PATH:+:$KILN_CLASS_PATH}" io.kiln.cli.Kiln "$@"
