package io.kiln.encoder;

import io.kiln.checkpoints.ArtifactStores;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.CurrentVersion;
import io.kiln.checkpoints.Start;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.SchemaRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The encoder that should be in use, see {@link CurrentVersion}, always one whole version. A newer
 * one is fetched, verified, loaded and run by a thread that takes of the processors what inference
 * leaves, and then takes its place. If anything of that fails, the old one goes on serving, and it
 * is tried again. Thread-safe.
 */
public final class EncoderHandle implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EncoderHandle.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final long FIRST_PAUSE_MILLIS = 500;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;

    /**
     * How a handle is.
     *
     * @param serving event of the version that serves; empty before the first
     * @param advice what to do with embeddings that were stored before this version: those in the
     *     space of {@link Options#in}, else those of the version that served before; empty of the
     *     first version, and where it is not known
     * @param swaps encoders that have taken another's place, the first one included
     * @param problem why the version that should be in use is not; empty if it is
     */
    public record Status(
            Optional<CheckpointEvent> serving,
            Optional<Advice> advice,
            long swaps,
            Optional<String> problem) {
        private static final Status FIRST =
                new Status(Optional.empty(), Optional.empty(), 0, Optional.empty());

        private Status with(Optional<Advice> other, Optional<String> reason) {
            return new Status(serving, other, swaps, reason);
        }
    }

    /**
     * What a handle is told beside what it follows.
     *
     * @param stores where files may come from
     * @param listener is told each new status, by the thread that fetches and loads; serving does
     *     not wait for it
     * @param space that all embeddings lie in; empty: the one of the version that serves
     */
    public record Options(ArtifactStores stores, Consumer<Status> listener, Optional<Space> space) {
        /** Files from any place, nobody is told, and each version embeds in its own space. */
        public static final Options DEFAULT = new Options(ArtifactStores.ANY, status -> {});

        /** Without a space. */
        public Options(ArtifactStores stores, Consumer<Status> listener) {
            this(stores, listener, Optional.empty());
        }

        /**
         * The same, with embeddings in one space. A version that no adapters lead there from never
         * serves.
         */
        public Options in(Space wanted) {
            return new Options(stores, listener, Optional.of(wanted));
        }
    }

    private final CurrentVersion current;
    private final EncoderFiles files;
    private final Adapters adapters;
    private final Options options;
    private final EncoderSlot slot = new EncoderSlot();
    private final Thread thread;
    private Optional<Space> before = Optional.empty(); // of the version that served before
    private volatile boolean closed;
    private volatile Status status = Status.FIRST;

    private EncoderHandle(
            String model, Path cache, Options options, CheckpointSubscriber subscriber) {
        this.current = new CurrentVersion(model);
        this.files = new EncoderFiles(cache, options.stores());
        this.adapters = new Adapters(files);
        this.options = options;
        this.thread = Background.thread(() -> follow(subscriber), "kiln-encoder-" + model);
        thread.start();
    }

    /**
     * Begins to follow a model's versions.
     *
     * @param kafka as {@link CheckpointSubscriber} takes it: bootstrap.servers at least
     * @param topic of checkpoint events
     * @param model name of the model
     * @param cache folder for the files of the version that serves, and of one that cannot; files
     *     of other versions that a handle has fetched into it are deleted, so that two handles need
     *     two folders
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
            while (status.serving().isEmpty()) {
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

    /**
     * What serves, and what is wrong. It is never older than an answer of {@link #embed} before it.
     */
    public Status status() {
        return status;
    }

    private void follow(CheckpointSubscriber subscriber) {
        long pause = FIRST_PAUSE_MILLIS;
        long answered = System.nanoTime();
        try (subscriber) {
            while (!closed) {
                try {
                    List<CheckpointEvent> events = subscriber.poll(POLL);
                    events.forEach(current::add);
                    events.forEach(adapters::add);
                    if (System.nanoTime() - answered > ANSWER.toNanos()) {
                        subscriber.requireBroker(ANSWER);
                        answered = System.nanoTime();
                    }
                    if (events.isEmpty()) { // all that is there has been read
                        serveCurrent();
                    }
                    pause = FIRST_PAUSE_MILLIS;
                } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
                    if (closed) {
                        return;
                    }
                    String problem = Problems.text(e);
                    become(status.with(status.advice(), Optional.of(problem)));
                    LOG.warn("the encoder stays as it is: {}", problem);
                    Thread.sleep(pause);
                    pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A revoked or retired version without another in its place goes on serving. */
    private void serveCurrent() throws IOException {
        Optional<CheckpointEvent> wanted = current.event();
        if (wanted.isEmpty() || wanted.map(Space::of).equals(status.serving().map(Space::of))) {
            remain(wanted);
            return;
        }
        try {
            serve(wanted.get());
        } catch (NoAdapterException e) {
            if (status.serving().isEmpty()) {
                serveSpace(); // what is stored can still be searched
            }
            become(status.with(Optional.of(Advice.RE_EMBED), Optional.of(Problems.text(e))));
            throw e;
        }
    }

    /**
     * The version that serves may have been promoted since, with an adapter. Or one that should
     * have taken its place has been withdrawn, and so has what that one meant for embeddings.
     */
    private void remain(Optional<CheckpointEvent> wanted) {
        Optional<CheckpointEvent> serving = wanted.or(status::serving);
        Optional<Advice> advice = status.advice();
        if (!serving.equals(status.serving()) || status.problem().isPresent()) {
            advice = serving.flatMap(event -> advice(event, before));
        }
        become(new Status(serving, advice, status.swaps(), Optional.empty()));
    }

    private void serveSpace() throws IOException {
        Optional<CheckpointEvent> own =
                options.space().flatMap(s -> current.event(s.runId(), s.version()));
        if (own.isPresent()) {
            serve(own.get());
        }
    }

    private void serve(CheckpointEvent event) throws IOException {
        files.begin();
        Space own = Space.of(event);
        List<Adapter> path = adapters.path(own, options.space().orElse(own));
        Optional<Space> replaced = status.serving().map(Space::of);
        Optional<Advice> advice = advice(event, replaced);
        Encoder encoder = Encoder.open(event, files.fetch(event, FileRole.TORCHSCRIPT), path);
        Status next = new Status(Optional.of(event), advice, status.swaps() + 1, Optional.empty());
        slot.swap(encoder, () -> status = next);
        before = replaced;
        LOG.info("version {} of {} serves", event.getVersion(), event.getModel());
        tell(next);
        files.serve();
    }

    private Optional<Advice> advice(CheckpointEvent event, Optional<Space> replaced) {
        return options.space()
                .or(() -> replaced)
                .flatMap(stored -> adapters.advice(Space.of(event), stored));
    }

    private void become(Status next) {
        if (next.equals(status)) {
            return;
        }
        synchronized (slot) {
            status = next;
            slot.notifyAll();
        }
        tell(next);
    }

    private void tell(Status next) {
        try {
            options.listener().accept(next);
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            LOG.warn("the listener of status {} failed", next, e);
        }
    }

    /** Stops following; gives the memory back when the calls under way have ended. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        Background.join(thread);
        slot.close();
    }
}
