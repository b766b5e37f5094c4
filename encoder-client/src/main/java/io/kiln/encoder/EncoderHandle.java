package io.kiln.encoder;

import io.kiln.checkpoints.ArtifactStores;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.CheckpointSubscriber.Start;
import io.kiln.checkpoints.CurrentVersion;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.SchemaRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The encoder that should be in use, see {@link CurrentVersion}, always one whole version. A newer
 * one is fetched, verified, loaded and run once beside inference, and then takes its place. If
 * anything of that fails, the old one goes on serving, and it is tried again. Thread-safe.
 */
public final class EncoderHandle implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EncoderHandle.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Pattern FETCHED = Pattern.compile("\\.?.+-v[0-9]+-.+\\.pt(\\..+)?");
    private static final long FIRST_PAUSE_MILLIS = 500;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;

    /**
     * How a handle is.
     *
     * @param serving event of the version that serves; empty before the first
     * @param swaps encoders that have taken another's place, the first one included
     * @param problem why the version that should be in use is not; empty if it is
     */
    public record Status(Optional<CheckpointEvent> serving, long swaps, Optional<String> problem) {}

    /**
     * What a handle is told beside what it follows.
     *
     * @param stores where files may come from
     * @param listener is told each new status, by the thread that fetches and loads; serving does
     *     not wait for it
     */
    public record Options(ArtifactStores stores, Consumer<Status> listener) {
        /** Files from any place, and nobody is told. */
        public static final Options DEFAULT = new Options(ArtifactStores.ANY, status -> {});
    }

    private final CurrentVersion current;
    private final Path cache;
    private final Options options;
    private final EncoderSlot slot = new EncoderSlot();
    private final Thread thread;
    private volatile boolean closed;
    private volatile Status status = new Status(Optional.empty(), 0, Optional.empty());

    private EncoderHandle(
            String model, Path cache, Options options, CheckpointSubscriber subscriber) {
        this.current = new CurrentVersion(model);
        this.cache = cache;
        this.options = options;
        this.thread = new Thread(() -> follow(subscriber), "kiln-encoder-" + model);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Begins to follow a model's versions.
     *
     * @param kafka as {@link CheckpointSubscriber} takes it: bootstrap.servers at least
     * @param topic of checkpoint events
     * @param model name of the model
     * @param cache folder for the file of the version that serves; files of other versions that a
     *     handle has fetched into it are deleted, so that two handles need two folders
     * @throws io.kiln.checkpoints.CheckpointException if no broker answers, or it has no such topic
     */
    public static EncoderHandle follow(
            Map<String, Object> kafka,
            SchemaRegistry registry,
            String topic,
            String model,
            Path cache) {
        return follow(kafka, registry, topic, model, cache, Options.DEFAULT);
    }

    /** The same, with options. */
    public static EncoderHandle follow(
            Map<String, Object> kafka,
            SchemaRegistry registry,
            String topic,
            String model,
            Path cache,
            Options options) {
        return new EncoderHandle(
                model,
                cache,
                options,
                new CheckpointSubscriber(kafka, registry, topic, Start.BEGINNING));
    }

    /**
     * Waits for the first encoder.
     *
     * @throws EncoderException if none serves in time; the message says why, where that is known
     */
    public EncoderHandle await(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (slot) {
            while (!slot.isFilled()) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw new EncoderException(
                            "no encoder serves after "
                                    + atMost.toSeconds()
                                    + " s: "
                                    + status.problem().orElse("no version has been announced"));
                }
                slot.wait(left);
            }
        }
        return this;
    }

    /**
     * Embeds images with the encoder that serves now, see {@link Encoder#embed}. A swap in the
     * middle does not matter: all embeddings are of one version.
     *
     * @throws UnusableImageException if an image cannot be used
     * @throws EncoderException if no encoder serves yet
     */
    public Embeddings embed(List<byte[]> images) {
        return slot.call(encoder -> encoder.embed(images));
    }

    /** What serves, and what is wrong. */
    public Status status() {
        return status;
    }

    private void follow(CheckpointSubscriber subscriber) {
        long pause = FIRST_PAUSE_MILLIS;
        try (subscriber) {
            while (!closed) {
                try {
                    List<CheckpointEvent> events = subscriber.poll(POLL);
                    events.forEach(current::add);
                    if (events.isEmpty()) { // all that is there has been read
                        serveCurrent();
                    }
                    pause = FIRST_PAUSE_MILLIS;
                } catch (RuntimeException | IOException e) {
                    if (closed) {
                        return;
                    }
                    become(new Status(status.serving(), status.swaps(), Optional.of(text(e))));
                    LOG.warn("the encoder stays as it is: {}", text(e));
                    Thread.sleep(pause);
                    pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String text(Exception e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** A revoked or retired version without another in its place goes on serving. */
    private void serveCurrent() throws IOException {
        Optional<CheckpointEvent> wanted = current.event();
        if (wanted.isEmpty() || isServing(wanted.get())) {
            become(new Status(status.serving(), status.swaps(), Optional.empty()));
            return;
        }
        CheckpointEvent event = wanted.get();
        Path folder = cache.resolve("run-" + event.getRunId().replaceAll("[^a-zA-Z0-9._-]", "_"));
        Path file = options.stores().fetch(event, FileRole.TORCHSCRIPT, folder);
        Encoder encoder = Encoder.open(event, file);
        slot.swap(encoder);
        LOG.info("version {} of {} serves", event.getVersion(), event.getModel());
        deleteOthers(file);
        become(new Status(wanted, status.swaps() + 1, Optional.empty()));
    }

    /** Deletes the files of versions before, also of those that an earlier process fetched. */
    private void deleteOthers(Path serving) {
        try (Stream<Path> files = Files.walk(cache, 2)) {
            for (Path file : files.toList()) {
                if (!file.equals(serving)
                        && FETCHED.matcher(file.getFileName().toString()).matches()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("files of older versions stay in {}", cache, e);
        }
    }

    private void become(Status next) {
        if (next.equals(status)) {
            return;
        }
        status = next;
        try {
            options.listener().accept(next);
        } catch (RuntimeException e) {
            LOG.warn("the listener of status {} failed", next, e);
        }
    }

    private boolean isServing(CheckpointEvent event) {
        return status.serving()
                .filter(
                        serving ->
                                serving.getRunId().equals(event.getRunId())
                                        && serving.getVersion() == event.getVersion())
                .isPresent();
    }

    /** Stops following; gives the memory back when the calls under way have ended. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        slot.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
