package io.kiln.model.training;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Precision;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Trains tiny networks of every family in both precisions, on several threads, and writes the bits
 * of what comes out. A program of its own, so that a thread of choice loads the engine.
 */
final class BitsOfTraining {
    private static final InputGeometry GEOMETRY = new InputGeometry(128, 128, 3, 32);
    private static final int IMAGES = 5;
    private static final int KEPT = 13;
    private static final int STEPS = 2;

    /** Where and how a network is trained. */
    enum Way {
        /** Everything on the caller's thread. */
        CALLERS_THREAD,
        /** Everything on one other thread. */
        OTHER_THREAD,
        /** Each call on a thread of its own. */
        THREAD_A_CALL,
        /** On the caller's thread and on another in turn. */
        IN_TURN,
        /** On the caller's thread, and with each step all else that a trainer is asked for. */
        WITH_OTHER_CALLS
    }

    private final Way way;
    private final ExecutorService other = Executors.newSingleThreadExecutor();
    private int calls;

    private BitsOfTraining(Way way) {
        this.way = way;
    }

    /**
     * Writes a line for each network and way.
     *
     * @param arguments ways, in their order; the first decides which thread loads the engine
     */
    public static void main(String[] arguments) throws Exception {
        for (String way : arguments) {
            of(Way.valueOf(way)).forEach(System.out::println);
        }
        System.exit(0);
    }

    /** A line for each network: which it is, the way, the bits. */
    static List<String> of(Way way) throws Exception {
        BitsOfTraining training = new BitsOfTraining(way);
        List<String> lines = new ArrayList<>();
        try {
            for (Family family : Family.values()) {
                for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
                    lines.add(
                            String.join(
                                    " ",
                                    family.name(),
                                    precision.name(),
                                    way.name(),
                                    training.bits(settings(family, precision))));
                }
            }
            return lines;
        } finally {
            training.other.shutdown();
        }
    }

    /**
     * The last downsampling adds up 512 products, more than libraries do in one go. ConvNeXt V2 has
     * its own decoder.
     */
    private static TrainerSettings settings(Family family, Precision precision) {
        DecoderKind decoder = family == Family.CONVNEXT_V2 ? DecoderKind.BLOCK : DecoderKind.UNET;
        return TestBatches.settings(
                new Architecture(
                        family,
                        List.of(1, 1, 1, 1),
                        List.of(8, 16, 128, 32),
                        16,
                        0.1,
                        0,
                        32,
                        3,
                        decoder),
                GEOMETRY,
                precision,
                0.002);
    }

    private String bits(TrainerSettings settings) throws Exception {
        StringBuilder bits = new StringBuilder();
        try (Trainer trainer = call(() -> new Trainer(settings))) {
            for (int i = 0; i < STEPS; i++) {
                StepResult result = step(trainer, batch(i));
                bits.append(hex(result.loss())).append(',').append(hex(result.gradientNorm()));
                bits.append(',');
            }
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            trainer.save(new DigestOutputStream(OutputStream.nullOutputStream(), sha256));
            return bits.append(HexFormat.of().formatHex(sha256.digest())).toString();
        }
    }

    private StepResult step(Trainer trainer, MaskedBatch batch) throws Exception {
        if (way != Way.WITH_OTHER_CALLS) {
            return call(() -> trainer.step(batch));
        }
        MaskedBatch drawn = batch(100);
        trainer.reconstruct(drawn);
        batch.grid().tables().make(drawn.grid().tables().made());
        StepResult result = trainer.step(batch);
        try (TrainerSnapshot snapshot = trainer.snapshot()) {
            other.submit(
                            () -> {
                                snapshot.write(new ByteArrayOutputStream());
                                return snapshot;
                            })
                    .get();
        }
        return result;
    }

    private <T> T call(Callable<T> work) throws Exception {
        calls++;
        return switch (way) {
            case CALLERS_THREAD, WITH_OTHER_CALLS -> work.call();
            case OTHER_THREAD -> other.submit(work).get();
            case IN_TURN -> calls % 2 == 1 ? work.call() : other.submit(work).get();
            case THREAD_A_CALL -> {
                ExecutorService own = Executors.newSingleThreadExecutor();
                try {
                    yield own.submit(work).get();
                } finally {
                    own.shutdown();
                }
            }
        };
    }

    private static MaskedBatch batch(long seed) {
        return TestBatches.bytes(GEOMETRY, IMAGES, KEPT, seed);
    }

    private static String hex(double value) {
        return Long.toHexString(Double.doubleToRawLongBits(value));
    }
}
