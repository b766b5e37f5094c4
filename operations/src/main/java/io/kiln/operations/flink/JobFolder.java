package io.kiln.operations.flink;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.flink.SavedState.Kind;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;

/**
 * The folder below flink.checkpointDirectory that belongs to a job of one run, whatever id Flink
 * gives it: {@code ID/chk-N} for each submission, {@code savepoints}, and {@code jars} with the
 * last programs, so that an upgrade can go back.
 */
public final class JobFolder {
    private static final String METADATA = "_metadata";
    private static final String JARS = "jars";

    /** The running program and the one before. */
    private static final int JARS_KEPT = 2;

    private final String folder;

    private JobFolder(String folder) {
        this.folder = folder;
    }

    /**
     * The folder of a job.
     *
     * @throws OperationException if flink.checkpointDirectory is empty and the cluster has no
     *     folder for checkpoints either
     */
    public static JobFolder of(KilnJob job, KilnConfig config) {
        return of(job, config, config.flink().checkpointDirectory());
    }

    /** As {@link #of(KilnJob, KilnConfig)}, below another flink.checkpointDirectory. */
    static JobFolder of(KilnJob job, KilnConfig config, String directory) {
        String root = directory.isEmpty() ? ofCluster(config) : FolderUri.forFlink(directory);
        return new JobFolder(root + "/" + job.folder(config));
    }

    private static String ofCluster(KilnConfig config) {
        FlinkRest flink = new FlinkRest(config.flink().restUrl());
        for (JsonNode setting : flink.get("/jobmanager/config", "report its configuration")) {
            String key = setting.path("key").asText();
            if (key.equals("execution.checkpointing.dir") || key.equals("state.checkpoints.dir")) {
                return setting.path("value").asText();
            }
        }
        throw new OperationException(
                "flink.checkpointDirectory is empty, and the Flink cluster at "
                        + config.flink().restUrl()
                        + " has no execution.checkpointing.dir either; set one of them");
    }

    /** Where savepoints go. */
    public String savepoints() {
        return folder + "/savepoints";
    }

    /**
     * All complete states, newest first.
     *
     * @throws OperationException if the folder cannot be read from here
     */
    public List<SavedState> states() {
        List<SavedState> states = new ArrayList<>();
        for (FileStatus child : list(folder)) {
            if (!child.isDir()) {
                continue;
            }
            boolean savepoints = child.getPath().getName().equals("savepoints");
            for (FileStatus state : list(child.getPath().toString())) {
                if (savepoints || state.getPath().getName().startsWith("chk-")) {
                    written(state)
                            .map(
                                    time ->
                                            new SavedState(
                                                    savepoints ? Kind.SAVEPOINT : Kind.CHECKPOINT,
                                                    state.getPath().toString(),
                                                    time))
                            .ifPresent(states::add);
                }
            }
        }
        states.sort(Comparator.comparing(SavedState::written).reversed());
        return states;
    }

    /** When a state was completed; empty if it was not. */
    private static Optional<Instant> written(FileStatus state) {
        return list(state.getPath().toString()).stream()
                .filter(file -> file.getPath().getName().equals(METADATA))
                .map(file -> Instant.ofEpochMilli(file.getModificationTime()))
                .findFirst();
    }

    /**
     * The newest complete state.
     *
     * @throws OperationException if there is none, or the folder cannot be read from here
     */
    public SavedState newest() {
        return states().stream()
                .findFirst()
                .orElseThrow(
                        () ->
                                new OperationException(
                                        folder
                                                + " holds no complete savepoint or checkpoint; name one with"
                                                + " --from URI, or begin without --from"));
    }

    /**
     * Keeps the program of a submitted job, and deletes older ones.
     *
     * @param id of the job
     * @throws OperationException if the folder cannot be written to from here
     */
    void keepJar(String id, Path jar) {
        try {
            FileSystem files = files(folder);
            try (OutputStream out = output(files, new org.apache.flink.core.fs.Path(jarOf(id)));
                    InputStream in = Files.newInputStream(jar)) {
                in.transferTo(out);
            }
            List<FileStatus> kept = new ArrayList<>(list(folder + "/" + JARS));
            kept.sort(Comparator.comparing(FileStatus::getModificationTime).reversed());
            for (FileStatus old : kept.subList(Math.min(JARS_KEPT, kept.size()), kept.size())) {
                files.delete(old.getPath(), false);
            }
        } catch (IOException e) {
            throw new OperationException(
                    folder + " cannot be written to from here (" + e.getMessage() + ")", e);
        }
    }

    private static FSDataOutputStream output(FileSystem files, org.apache.flink.core.fs.Path file)
            throws IOException {
        return files.create(file, FileSystem.WriteMode.OVERWRITE);
    }

    /** Fetches the program of a job into a file; empty if it was not kept. */
    Optional<Path> fetchJar(String id, Path file) {
        org.apache.flink.core.fs.Path source = new org.apache.flink.core.fs.Path(jarOf(id));
        try (InputStream in = files(folder).open(source)) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            return Optional.of(file);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private String jarOf(String id) {
        return folder + "/" + JARS + "/" + id + ".jar";
    }

    private static List<FileStatus> list(String folder) {
        try {
            FileStatus[] found =
                    files(folder).listStatus(new org.apache.flink.core.fs.Path(folder));
            return found == null ? List.of() : Arrays.asList(found);
        } catch (FileNotFoundException e) {
            return List.of();
        } catch (IOException e) {
            throw new OperationException(
                    folder
                            + " cannot be read from here ("
                            + e.getMessage()
                            + "); look there for the newest chk-N or savepoint that holds a file _metadata,"
                            + " and name it with --from URI",
                    e);
        }
    }

    private static FileSystem files(String folder) throws IOException {
        return FlinkFileSystems.of(new org.apache.flink.core.fs.Path(folder));
    }
}
