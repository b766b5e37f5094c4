package io.kiln.training.checkpoints;

import io.kiln.config.CheckpointsConfig;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.ArtifactStore;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.ForeignRecords;
import io.kiln.training.state.RunProgress;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the artifact store from growing for ever. An event retires each version that is too old,
 * and the version's files are deleted once that event is visible. So are the files that failed
 * attempts left behind.
 *
 * <p>The committed events alone decide what to do, so a crash loses nothing and a repetition
 * changes nothing. Reading and deleting run beside training. If they fail, they are tried again
 * after the next checkpoint, and training goes on.
 */
public final class Retention implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final long SECONDS_TO_END = 5;

    /** The checkpoint events that are visible, from the topic's beginning on. */
    public interface EventSource extends AutoCloseable {
        /** Those that became visible since the last call. */
        List<CheckpointEvent> next();

        @Override
        void close();
    }

    private final Supplier<EventSource> source;
    private final ArtifactStore store;
    private final String folder;
    private final int keepLast;
    private final int keepEvery;
    private final int keepPromoted;
    private final KilnConfig config;
    private VersionCatalogue catalogue;
    private final ThreadPoolExecutor thread;
    private @Nullable EventSource events;
    private boolean swept;
    private volatile Optional<List<CheckpointEvent>> expired = Optional.empty();

    /**
     * @param flinkRetained number of checkpoints that Flink retains. Each has published one version
     *     at most, if there is one trainer, so as many of the newest versions are kept
     * @param source opens the events; again after a failure
     */
    public Retention(KilnConfig config, int flinkRetained, Supplier<EventSource> source) {
        CheckpointsConfig checkpoints = config.checkpoints();
        this.source = source;
        this.store = new ArtifactStore(checkpoints.artifacts());
        this.folder = CheckpointPublisher.folder(config);
        this.keepLast = Math.max(checkpoints.keepLast(), flinkRetained);
        this.keepEvery = checkpoints.keepEvery();
        this.keepPromoted = checkpoints.keepPromoted();
        this.config = config;
        this.catalogue = empty(config);
        this.thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        0,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(1),
                        task -> {
                            Thread created = new Thread(task, "kiln-retention");
                            created.setDaemon(true);
                            return created;
                        },
                        new ThreadPoolExecutor.DiscardPolicy()); // the look that waits will see all
    }

    /** A checkpoint is complete: looks for what is due and does it, beside training. */
    public void committed() {
        thread.execute(this::look);
    }

    /**
     * Events that retire what is too old and that have not gone out yet, for the next barrier.
     *
     * @param progress of the run, which remembers the versions that are being retired
     */
    public List<CheckpointEvent> due(RunProgress progress) {
        return expired.map(
                        events -> {
                            List<CheckpointEvent> due =
                                    events.stream()
                                            .filter(e -> !progress.isRetiring(e.getVersion()))
                                            .toList();
                            due.forEach(this::tellOfFilesElsewhere);
                            progress.retiring(
                                    events.stream().map(CheckpointEvent::getVersion).toList());
                            return due;
                        })
                .orElse(List.of());
    }

    private void tellOfFilesElsewhere(CheckpointEvent retired) {
        for (String elsewhere : foldersElsewhere(retired)) {
            LOG.warn(
                    "version {} is retired, but its files stay in {}, which is not in checkpoints.artifacts now;"
                            + " delete that folder yourself",
                    retired.getVersion(),
                    ForeignRecords.printable(elsewhere));
        }
    }

    /** Folders with files of a version that are outside the store, and so are never deleted. */
    Set<String> foldersElsewhere(CheckpointEvent version) {
        return version.getFiles().stream()
                .map(CheckpointFile::getUri)
                .filter(uri -> !store.holds(uri))
                .map(uri -> uri.substring(0, uri.lastIndexOf('/') + 1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void look() {
        try {
            if (events == null) {
                events = source.get();
            }
            long ofThisRun = events.next().stream().filter(catalogue::add).count();
            expired = Optional.of(catalogue.expired(keepLast, keepEvery, keepPromoted));
            if (ofThisRun > 0 || !swept) {
                swept = false;
                sweep();
                swept = true;
            }
        } catch (Exception e) {
            if (!thread.isShutdown()) {
                LOG.warn(
                        "old checkpoints stay in the artifact store until the next attempt: {}",
                        e.toString());
            }
            closeEvents();
        }
    }

    private void sweep() throws IOException {
        for (String name : store.folders(folder)) {
            Optional<VersionFolder> version = VersionFolder.parse(name);
            if (version.filter(catalogue::mayBeDeleted).isPresent()) {
                store.delete(folder + "/" + name);
                LOG.info("deleted {}/{}", folder, name);
            }
        }
    }

    private static VersionCatalogue empty(KilnConfig config) {
        return new VersionCatalogue(config.model().name(), config.training().runId());
    }

    /** The next source begins at the beginning, and so does the catalogue. */
    private void closeEvents() {
        EventSource current = events;
        events = null;
        catalogue = empty(config);
        if (current != null) {
            current.close();
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(SECONDS_TO_END, TimeUnit.SECONDS)) {
                LOG.warn("deleting old checkpoints is still under way");
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        closeEvents();
    }
}
