package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.ingest.ImageRecords;
import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Origin;
import io.kiln.ingest.Refusal;
import io.kiln.masking.sampling.Holdout;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GatedSourceTest {
    private static final Holdout HALF = new Holdout(0.5);
    private static final int IMAGES = 20;

    private static byte[] content(int number) {
        return ("image " + number).getBytes(StandardCharsets.UTF_8);
    }

    /** A source of images that are a few bytes each. */
    private static final class Images implements ImageSource {
        @Override
        public long inputBytes() {
            return UNKNOWN;
        }

        @Override
        public void visit(Visitor visitor) throws InterruptedException {
            for (int i = 0; i < IMAGES; i++) {
                visitor.candidate(
                        new Origin(Integer.toString(i), "file:/" + i),
                        new ByteArrayInputStream(content(i)));
            }
        }
    }

    /** Admits all, and keeps what it is told. */
    private static final class Told implements GatedSource.Gate {
        private final List<Boolean> heldOut = new ArrayList<>();

        @Override
        public boolean admit(Origin origin) {
            return true;
        }

        @Override
        public void passed(Origin origin, boolean taken, boolean isHeldOut) {
            assertThat(taken).isTrue();
            heldOut.add(isHeldOut);
        }
    }

    @Test
    void theGateIsToldWhichImagesTheMaskingJobWillHoldOut() throws Exception {
        Told told = new Told();
        List<Boolean> expected = new ArrayList<>();
        new GatedSource(new Images(), told, HALF)
                .visit(
                        new ImageSource.Visitor() {
                            @Override
                            public void candidate(Origin origin, InputStream content) {
                                byte[] bytes = read(content);
                                String id =
                                        ImageRecords.of(origin.uri(), "image/png", bytes, Map.of())
                                                .getImageId();
                                expected.add(HALF.holds(id));
                            }

                            @Override
                            public void refused(Refusal refusal) {}

                            @Override
                            public void hidden() {}

                            @Override
                            public void consumed(long inputBytes) {}
                        });
        assertThat(told.heldOut).isEqualTo(expected).hasSize(IMAGES).contains(true, false);
    }

    private static byte[] read(InputStream content) {
        try {
            return content.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
