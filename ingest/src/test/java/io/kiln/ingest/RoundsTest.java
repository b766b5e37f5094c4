package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.TestImages;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoundsTest {
    private static final int IMAGES = 12;
    private static final int MOST = 1 << 20;

    @TempDir private Path folder;
    private Path pictures;

    /** Keeps each showing, in order. */
    private static final class Shown implements ImageSource.Visitor {
        private final List<String> names = new ArrayList<>();
        private final List<Refusal> refusals = new ArrayList<>();

        @Override
        public void candidate(Origin origin, InputStream content) {
            try {
                names.add(
                        Path.of(origin.name()).getFileName() + " " + content.readAllBytes().length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void refused(Refusal refusal) {
            refusals.add(refusal);
        }

        @Override
        public void hidden() {}

        @Override
        public void consumed(long inputBytes) {}

        /** What was shown from a place on, of each round's length. */
        private List<String> round(int before, int number) {
            return names.subList(before + number * IMAGES, before + (number + 1) * IMAGES);
        }
    }

    @BeforeEach
    void write() throws IOException {
        pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int i = 0; i < IMAGES; i++) {
            Files.write(pictures.resolve(i + ".png"), TestImages.png(i));
        }
    }

    private Shown rounds(int count, long seed, boolean distinct) throws Exception {
        Shown shown = new Shown();
        Path spool = Files.createDirectories(folder.resolve("spool"));
        try (ImageDecoder decoder = new ImageDecoder(new DecodeLimits(MOST, MOST))) {
            new Rounds(
                            List.of(PathSource.of(pictures)),
                            new Rounds.Plan(count, seed, distinct),
                            decoder,
                            MOST,
                            spool)
                    .visit(shown);
        }
        try (Stream<Path> left = Files.list(spool)) {
            assertThat(left).isEmpty();
        }
        return shown;
    }

    @Test
    void eachRoundShowsEverythingInAnOrderOfItsOwnWhichTheSeedDecides() throws Exception {
        Shown shown = rounds(3, 7, false);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            all.add(i + ".png " + TestImages.png(i).length);
        }
        assertThat(shown.names).hasSize(3 * IMAGES);
        for (int round = 0; round < 3; round++) {
            assertThat(shown.round(0, round)).containsExactlyInAnyOrderElementsOf(all);
            assertThat(shown.round(0, round)).isNotEqualTo(shown.round(0, (round + 1) % 3));
        }
        assertThat(rounds(3, 7, false).names).isEqualTo(shown.names);
        assertThat(rounds(3, 8, false).names).isNotEqualTo(shown.names);
        assertThat(rounds(1, 7, false).names).isEqualTo(shown.round(0, 0));
    }

    @Test
    void whatTrainingWouldRefuseIsShownOnceBeforeTheRounds() throws Exception {
        byte[] broken = Arrays.copyOf(TestImages.png(1), 40);
        Files.write(pictures.resolve("broken.png"), broken);
        Files.writeString(pictures.resolve("note.txt"), "no picture", StandardCharsets.UTF_8);
        byte[] large = Arrays.copyOf(TestImages.png(1), MOST + 5);
        Files.write(pictures.resolve("large.png"), large);
        Files.createSymbolicLink(pictures.resolve("outside"), Path.of("/etc"));
        Shown shown = rounds(2, 7, false);
        assertThat(shown.names).hasSize(3 + 2 * IMAGES);
        assertThat(shown.names.subList(0, 3))
                .containsExactly("broken.png 40", "large.png " + (MOST + 1), "note.txt 10");
        assertThat(shown.refusals).hasSize(1);
    }

    @Test
    void equalContentIsShownAsOftenAsItIsFoundOrOnce() throws Exception {
        Files.write(pictures.resolve("copy.png"), TestImages.png(1));
        assertThat(rounds(2, 7, false).names).hasSize(2 * (IMAGES + 1));
        assertThat(rounds(2, 7, true).names).hasSize(2 * IMAGES);
    }

    @Test
    void orderIsThatOfJavasGenerator() {
        assertThat(Rounds.order(8, 1, 0)).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(Rounds.order(8, 1, 0)).isNotEqualTo(Rounds.order(8, 1, 1));
        assertThat(Rounds.order(0, 1, 0)).isEmpty();
        assertThatThrownBy(() -> new Rounds.Plan(0, 1, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rounds: 0 is not allowed; expected 1 or more");
    }

    @Test
    void folderThatCannotBeWrittenIsNamed() {
        Path missing = folder.resolve("missing");
        try (ImageDecoder decoder = new ImageDecoder(new DecodeLimits(MOST, MOST))) {
            Rounds rounds =
                    new Rounds(
                            List.of(PathSource.of(pictures)),
                            new Rounds.Plan(2, 1, false),
                            decoder,
                            MOST,
                            missing);
            assertThatThrownBy(() -> rounds.visit(new Shown()))
                    .isInstanceOf(IngestException.class)
                    .hasMessageContaining("images cannot be kept in " + missing);
        }
    }
}
