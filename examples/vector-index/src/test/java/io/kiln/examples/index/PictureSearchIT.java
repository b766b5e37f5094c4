package io.kiln.examples.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.encoder.Advice;
import io.kiln.encoder.Space;
import io.kiln.encoder.TestAdapters;
import io.kiln.encoder.TestEncoders;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.TestServers;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An index lives through versions that keep its embeddings, that bring an adapter, and that do
 * neither. All the while a client looks for pictures that are in it, and each must find itself: its
 * cosine with itself is 1 only if both embeddings lie in one space.
 */
@Timeout(300)
class PictureSearchIT {
    private static final int PICTURES = 12;

    private final String topic = TestServers.unique("checkpoints");
    private final AtomicBoolean ended = new AtomicBoolean();

    @TempDir Path folder;

    private Path pictures;
    private PictureSearch.Source source;

    @BeforeEach
    void prepare() throws Exception {
        TestEncoders.createTopic(topic);
        pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int i = 0; i < PICTURES; i++) {
            picture(i);
        }
        source =
                new PictureSearch.Source(
                        TestServers.kafka(), TestServers.registry(), topic, "tiny");
    }

    private void picture(int number) throws Exception {
        byte[] picture = TestEncoders.png(64, 64, number);
        Files.write(pictures.resolve(number + ".png"), picture);
    }

    private PictureSearch search() throws Exception {
        return new PictureSearch(source, pictures, folder.resolve("index"));
    }

    private static Space space(long version) {
        return new Space("tiny", "run-1", version);
    }

    /** Looks for one picture after the other; gives the spaces that answers were in, in order. */
    private List<Space> look(PictureSearch search) throws Exception {
        List<Space> spaces = new ArrayList<>();
        for (int i = 0; !ended.get(); i = (i + 1) % PICTURES) {
            Path wanted = pictures.resolve(i + ".png");
            PictureSearch.Answer answer = search.nearest(Files.readAllBytes(wanted), 3);
            assertThat(answer.nearest()).hasSize(3);
            assertThat(answer.nearest().get(0).picture()).isEqualTo(wanted);
            assertThat(answer.nearest().get(0).cosine()).isGreaterThan(0.9999f);
            if (spaces.isEmpty() || !spaces.get(spaces.size() - 1).equals(answer.space())) {
                spaces.add(answer.space());
            }
        }
        return spaces;
    }

    /** Refreshes until the newest version means something for what is stored. */
    private static void awaitAdvice(PictureSearch search, Advice advice) throws Exception {
        while (search.refresh() != advice) {
            Thread.sleep(50); // the test's time-out ends it
        }
    }

    private static void awaitVersion(PictureSearch search, Path picture, long version)
            throws Exception {
        while (search.nearest(Files.readAllBytes(picture), 1).version() != version) {
            Thread.sleep(50);
        }
    }

    @Test
    void indexAnswersThroughKeptAdaptedAndAlienVersions() throws Exception {
        CheckpointEvent first = TestEncoders.write(folder, "tiny", 1);
        TestEncoders.send(topic, first);
        Path picture = pictures.resolve("0.png");
        ExecutorService client = Executors.newSingleThreadExecutor();
        try (PictureSearch search = search()) {
            Future<List<Space>> looking = client.submit(() -> look(search));

            TestEncoders.send(topic, TestAdapters.promoted(again(first, 2), 1, "KEEP"));
            awaitVersion(search, picture, 2);
            assertThat(search.refresh()).isEqualTo(Advice.KEEP);

            TestEncoders.send(topic, TestAdapters.unmoved(folder, again(first, 3), 2));
            awaitVersion(search, picture, 3);
            assertThat(search.refresh()).isEqualTo(Advice.ADAPT);

            picture(PICTURES);
            search.refresh();
            assertThat(
                            search.nearest(TestEncoders.png(64, 64, PICTURES), 1)
                                    .nearest()
                                    .get(0)
                                    .picture())
                    .isEqualTo(pictures.resolve(PICTURES + ".png"));

            TestEncoders.send(topic, TestAdapters.promoted(TestEncoders.write(folder, "tiny", 4)));
            awaitAdvice(search, Advice.RE_EMBED);
            awaitVersion(search, picture, 4);
            assertThat(search.refresh()).isEqualTo(Advice.KEEP);

            ended.set(true);
            assertThat(looking.get()).containsExactly(space(1), space(4));
        } finally {
            ended.set(true);
            client.shutdownNow();
        }
        try (PictureSearch again = search()) {
            PictureSearch.Answer answer = again.nearest(Files.readAllBytes(picture), PICTURES + 1);
            assertThat(answer.space()).isEqualTo(space(4));
            assertThat(answer.nearest()).hasSize(PICTURES + 1);
        }
    }

    @Test
    void indexOfAVersionThatIsRetiredMeanwhileIsMadeAnew() throws Exception {
        CheckpointEvent first = TestEncoders.write(folder, "tiny", 1);
        TestEncoders.send(topic, first);
        search().close();
        TestEncoders.send(topic, TestAdapters.promoted(TestEncoders.write(folder, "tiny", 2)));
        TestEncoders.send(
                topic, CheckpointEvents.withStatus(first, CheckpointStatus.RETIRED, Instant.EPOCH));
        try (PictureSearch search = search()) {
            byte[] picture = Files.readAllBytes(pictures.resolve("0.png"));
            PictureSearch.Answer answer = search.nearest(picture, PICTURES);
            assertThat(answer.space()).isEqualTo(space(2));
            assertThat(answer.nearest()).hasSize(PICTURES);
            assertThat(indexOf(1).getParent()).doesNotExist();
        }
    }

    private Path indexOf(long version) {
        String space = URLEncoder.encode(space(version).toString(), StandardCharsets.UTF_8);
        return folder.resolve("index").resolve(space).resolve("index");
    }

    @Test
    void indexThatCannotBeCompletedIsClosedAndTriedAgain() throws Exception {
        TestEncoders.send(topic, TestEncoders.write(folder, "tiny", 1));
        try (PictureSearch search = search()) {
            Path unreadable = pictures.resolve("unreadable.png");
            Files.createSymbolicLink(unreadable, Path.of("/proc/self/mem"));
            TestEncoders.send(topic, TestAdapters.promoted(TestEncoders.write(folder, "tiny", 2)));
            while (!Files.exists(indexOf(2))) {
                requireUnreadable(search);
            }
            requireUnreadable(search);
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().equals("kiln-encoder-tiny"))
                    .hasSize(1);
            Files.delete(unreadable);
            awaitAdvice(search, Advice.RE_EMBED);
            assertThat(search.nearest(TestEncoders.png(64, 64, 1), 1).space()).isEqualTo(space(2));
        }
    }

    private static void requireUnreadable(PictureSearch search) {
        assertThatThrownBy(search::refresh)
                .isInstanceOf(IOException.class)
                .hasMessage("Input/output error");
    }

    /** Another version with the same encoder. */
    private static CheckpointEvent again(CheckpointEvent event, long version) {
        return CheckpointEvent.newBuilder(event).setVersion(version).build();
    }
}
