package io.kiln.examples.index;

import io.kiln.encoder.Advice;
import io.kiln.encoder.Embeddings;
import io.kiln.encoder.EncoderHandle;
import io.kiln.encoder.Space;
import io.kiln.encoder.UnusableImageException;
import io.kiln.schemas.SchemaRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the pictures of a folder that are most alike a given one. An index belongs to the space of
 * one version. Newer versions search it as far as their embeddings fit or adapters lead; where none
 * does, all pictures are embedded again into an index beside the old one, which answers until the
 * new one is complete. {@link #nearest} may be called from any number of threads, {@link #refresh}
 * from one.
 */
public final class PictureSearch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PictureSearch.class);
    private static final Duration FIRST_VERSION = Duration.ofMinutes(2);

    /**
     * Where versions are announced.
     *
     * @param kafka bootstrap.servers at least
     * @param topic of checkpoint events
     * @param model name of the model
     */
    public record Source(
            Map<String, Object> kafka, SchemaRegistry registry, String topic, String model) {
        private EncoderHandle follow(Path cache, EncoderHandle.Options options) {
            return EncoderHandle.follow(kafka, registry, topic, model, cache, options);
        }
    }

    /**
     * What was found.
     *
     * @param version whose encoder embedded the picture that was looked for
     * @param space of the index
     */
    public record Answer(long version, Space space, List<Hit> nearest) {}

    /** A picture of the folder, and the cosine between its embedding and the one looked for. */
    public record Hit(Path picture, float cosine) {}

    /** An index with encoders that embed in its space. */
    private record Generation(Space space, EncoderHandle encoders, VectorIndex index, Path folder) {
        void close() throws IOException {
            encoders.close();
            index.close();
        }
    }

    /** No version that may be used embeds in the space of an index. */
    private static final class SpaceGoneException extends IOException {
        private static final long serialVersionUID = 1L;

        SpaceGoneException(String problem) {
            super(problem);
        }
    }

    private final Source source;
    private final Path pictures;
    private final Path folder;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private Generation serving;

    /**
     * Goes on with the index of a folder, or makes one with the version that should be in use.
     *
     * @param pictures folder of pictures, with folders in it
     * @param folder for indexes and encoders, of this process alone
     */
    public PictureSearch(Source source, Path pictures, Path folder)
            throws IOException, InterruptedException {
        this.source = source;
        this.pictures = pictures;
        this.folder = Files.createDirectories(folder);
        Optional<Space> stored = stored();
        serving = stored.isPresent() ? resumed(stored.get()) : filled(newest());
    }

    /**
     * The index that an earlier process made, or the one that takes its place: the version that it
     * belongs to may have been revoked or retired since.
     */
    private Generation resumed(Space stored) throws IOException, InterruptedException {
        try {
            return filled(stored);
        } catch (SpaceGoneException e) {
            LOG.warn("all pictures are embedded again: {}", e.getMessage());
        }
        Generation next = filled(newest());
        if (!next.space().equals(stored)) { // or it has been promoted anew
            delete(folder(stored));
        }
        return next;
    }

    /** The pictures most alike a given one. */
    public Answer nearest(byte[] picture, int count) throws IOException {
        lock.readLock().lock();
        try {
            Embeddings wanted = serving.encoders().embed(List.of(picture));
            List<Hit> hits =
                    serving.index().nearest(wanted.values().get(0), count).stream()
                            .map(hit -> new Hit(pictures.resolve(hit.picture()), hit.cosine()))
                            .toList();
            return new Answer(wanted.version(), wanted.space(), hits);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Embeds pictures that are new, and moves to another index where the newest version asks for
     * it. Searches go on meanwhile. If it fails, the index stays as it is.
     *
     * @return what the newest version means for the embeddings that were stored
     */
    public Advice refresh() throws IOException, InterruptedException {
        Advice advice = serving.encoders().status().advice().orElse(Advice.KEEP);
        switch (advice) {
            case KEEP, ADAPT -> fill(serving);
            case RE_EMBED -> {
                Space newest = newest();
                if (newest.equals(serving.space())) {
                    return Advice.KEEP; // the version that asked for another is withdrawn
                }
                Generation old = swap(filled(newest));
                old.close();
                delete(old.folder());
            }
        }
        return advice;
    }

    /** Puts a generation in; when it returns, no search uses the one before. */
    private Generation swap(Generation next) {
        lock.writeLock().lock();
        try {
            Generation old = serving;
            serving = next;
            return old;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The space of the version that should be in use. */
    private Space newest() throws InterruptedException {
        try (EncoderHandle encoders =
                source.follow(folder.resolve("newest"), EncoderHandle.Options.DEFAULT)) {
            return Space.of(encoders.await(FIRST_VERSION).status().serving().orElseThrow());
        }
    }

    /** A generation with all pictures. */
    private Generation filled(Space space) throws IOException, InterruptedException {
        Generation generation = open(space);
        try {
            fill(generation);
            return generation;
        } catch (Throwable e) {
            try {
                generation.close();
            } catch (IOException also) {
                e.addSuppressed(also);
            }
            throw e;
        }
    }

    private Generation open(Space space) throws IOException, InterruptedException {
        Path of = folder(space);
        EncoderHandle encoders =
                source.follow(of.resolve("encoders"), EncoderHandle.Options.DEFAULT.in(space));
        try {
            await(encoders);
            return new Generation(space, encoders, new VectorIndex(of.resolve("index")), of);
        } catch (Throwable e) {
            encoders.close();
            throw e;
        }
    }

    private Path folder(Space space) {
        return folder.resolve(URLEncoder.encode(space.toString(), StandardCharsets.UTF_8));
    }

    /** Waits for the first encoder, as long as there may be one for the space asked for. */
    private static void await(EncoderHandle encoders) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + FIRST_VERSION.toNanos();
        EncoderHandle.Status status = encoders.status();
        while (status.serving().isEmpty()) {
            String problem = status.problem().orElse("no version has been announced");
            if (status.advice().equals(Optional.of(Advice.RE_EMBED))) {
                throw new SpaceGoneException(problem);
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(
                        "no encoder serves after " + FIRST_VERSION.toSeconds() + " s: " + problem);
            }
            Thread.sleep(50);
            status = encoders.status();
        }
    }

    /** The space of an index that an earlier process made. */
    private Optional<Space> stored() throws IOException {
        try (Stream<Path> folders = Files.list(folder)) {
            for (Path of : folders.sorted().toList()) {
                if (VectorIndex.exists(of.resolve("index"))) {
                    String name = of.getFileName().toString();
                    return Optional.of(
                            Space.parse(URLDecoder.decode(name, StandardCharsets.UTF_8)));
                }
            }
        }
        return Optional.empty();
    }

    private void fill(Generation generation) throws IOException {
        Set<String> gone = new HashSet<>(generation.index().pictures());
        for (Path picture : files()) {
            String name = pictures.relativize(picture).toString();
            if (!gone.remove(name)) {
                put(generation, picture, name);
            }
        }
        for (String name : gone) {
            generation.index().remove(name);
        }
        generation.index().commit();
    }

    private static void put(Generation generation, Path picture, String name) throws IOException {
        try {
            Embeddings found = generation.encoders().embed(List.of(Files.readAllBytes(picture)));
            generation.index().put(name, found.values().get(0));
        } catch (UnusableImageException e) {
            LOG.warn("{} is not in the index: {}", picture, e.getMessage());
        } catch (NoSuchFileException e) {
            LOG.info("{} has been deleted", picture);
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(pictures)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void close() throws IOException {
        serving.close();
    }
}
