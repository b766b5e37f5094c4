package io.kiln.evaluation.version;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.ArtifactStore;
import io.kiln.model.features.Adapter;
import io.kiln.schemas.AdapterFile;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Files the adapter of a version in the artifact store, in the folder of the version. */
final class AdapterWriter {
    private static final String NAME = "adapter.safetensors";

    private AdapterWriter() {}

    /**
     * Writes it.
     *
     * @param to the new version
     * @param from the old one
     * @throws IOException if it cannot be written
     */
    static AdapterFile write(
            KilnConfig config, CheckpointEvent to, CheckpointEvent from, Adapter adapter)
            throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("from", Long.toString(from.getVersion()));
        metadata.put("to", Long.toString(to.getVersion()));
        metadata.put("fromRun", from.getRunId());
        metadata.put("toRun", to.getRunId());
        CheckpointFile file =
                new ArtifactStore(config.checkpoints().artifacts())
                        .write(
                                folder(to),
                                NAME,
                                FileRole.ADAPTER,
                                "safetensors",
                                out -> adapter.write(out, metadata));
        return new AdapterFile(file.getUri(), file.getBytes(), file.getSha256());
    }

    /** The folder that the encoder lies in, relative to the store. */
    private static String folder(CheckpointEvent event) {
        String uri =
                CheckpointEvents.file(event, FileRole.ENCODER)
                        .map(CheckpointFile::getUri)
                        .orElseThrow();
        String[] names = uri.split("/");
        return event.getModel()
                + "/"
                + event.getRunId()
                + "/"
                + (names.length < 2 ? "" : names[names.length - 2]);
    }
}
