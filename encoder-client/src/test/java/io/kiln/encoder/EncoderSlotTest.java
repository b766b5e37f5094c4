package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.schemas.CheckpointEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncoderSlotTest {
    private static final int SWAPS = Integer.getInteger("kiln.swaps", 100);
    private static final int CLIENTS = 2;

    @TempDir Path folder;

    private Encoder open(CheckpointEvent event) {
        return Encoder.open(event, folder.resolve("tiny-" + event.getVersion() + ".pt"));
    }

    /** -Dkiln.swaps=10000 for the long run. */
    @Test
    void swapsUnderLoadFailNoCallAndMixNoVersions() throws Exception {
        CheckpointEvent odd = TestEncoders.write(folder, "tiny", 1);
        CheckpointEvent even = TestEncoders.write(folder, "tiny", 2);
        List<byte[]> images = List.of(TestEncoders.png(64, 64, 1));
        float[][] expected = new float[2][];
        for (CheckpointEvent event : List.of(odd, even)) {
            try (Encoder encoder = open(event)) {
                expected[(int) event.getVersion() - 1] = encoder.embed(images).values().get(0);
            }
        }
        assertThat(expected[0]).isNotEqualTo(expected[1]);

        List<Encoder> opened = new ArrayList<>();
        AtomicBoolean ended = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try (EncoderSlot slot = new EncoderSlot()) {
            opened.add(open(odd));
            slot.swap(opened.get(0));
            List<Future<Long>> calls = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                calls.add(
                        clients.submit(
                                () -> {
                                    long count = 0;
                                    while (!ended.get()) {
                                        Embeddings found = slot.call(e -> e.embed(images));
                                        int at = (int) found.version() - 1;
                                        assertThat(found.values().get(0)).isEqualTo(expected[at]);
                                        count++;
                                    }
                                    return count;
                                }));
            }
            for (int swap = 1; swap <= SWAPS; swap++) {
                Encoder next = open(swap % 2 == 0 ? odd : even);
                opened.add(next);
                slot.swap(next);
                if (opened.size() > 2 * CLIENTS + 2) {
                    opened.remove(0);
                }
            }
            ended.set(true);
            for (Future<Long> call : calls) {
                assertThat(call.get()).isPositive();
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(opened).noneMatch(Encoder::isOpen);
    }

    @Test
    void callUnderWayKeepsItsEncoderUntilItEnds() throws Exception {
        Encoder first = open(TestEncoders.write(folder, "tiny", 1));
        Encoder second = open(TestEncoders.write(folder, "tiny", 2));
        try (EncoderSlot slot = new EncoderSlot()) {
            slot.swap(first);
            long version =
                    slot.call(
                            encoder -> {
                                slot.swap(second);
                                assertThat(first.isOpen()).isTrue();
                                return encoder.embed(List.of(TestEncoders.png(64, 64, 1)))
                                        .version();
                            });
            assertThat(version).isEqualTo(1);
            assertThat(first.isOpen()).isFalse();
            assertThat(slot.<Long>call(encoder -> encoder.event().getVersion())).isEqualTo(2);
        }
        assertThat(second.isOpen()).isFalse();
    }

    @Test
    void emptySlotRefuses() {
        try (EncoderSlot slot = new EncoderSlot()) {
            assertThatThrownBy(() -> slot.call(Encoder::event))
                    .isInstanceOf(EncoderException.class)
                    .hasMessageContaining("no encoder serves yet");
        }
    }
}
