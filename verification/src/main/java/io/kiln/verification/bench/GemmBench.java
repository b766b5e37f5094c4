package io.kiln.verification.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.OperatorLibrary;
import io.kiln.model.torch.Operators;
import java.util.ArrayList;
import java.util.List;

/**
 * Multiplies matrices of the shapes that a training step has, by MKL and by oneDNN in turn: the
 * measurement behind {@link io.kiln.model.torch.Gemm}.
 */
public final class GemmBench {
    /** Frames of a Winograd transform. */
    private static final int FRAMES = 36;

    /**
     * Rows and channels of ResNet-50's 1×1 convolutions, 16 images of 224 px, and a large square.
     */
    private static final List<GemmShape> LINEAR =
            List.of(
                    new GemmShape(1, 2048, 2048, 2048),
                    new GemmShape(1, 20480, 64, 256),
                    new GemmShape(1, 20480, 256, 64),
                    new GemmShape(1, 5120, 512, 128),
                    new GemmShape(1, 1280, 256, 1024),
                    new GemmShape(1, 320, 2048, 512),
                    new GemmShape(1, 256, 96, 96));

    /** Strips of Winograd's convolutions. */
    private static final List<GemmShape> FRAMED =
            List.of(
                    new GemmShape(FRAMES, 128, 96, 96),
                    new GemmShape(FRAMES, 128, 192, 192),
                    new GemmShape(FRAMES, 128, 384, 384),
                    new GemmShape(FRAMES, 128, 768, 768));

    private final NDManager manager;
    private final Operators operators;
    private final int rounds;
    private final List<GemmFigures> figures = new ArrayList<>();

    private GemmBench(NDManager manager, int rounds) {
        this.manager = manager;
        this.operators =
                new Operators(manager).of(OperatorLibrary.withSource(GemmBench.class, "gemm.py"));
        this.rounds = rounds;
    }

    /**
     * Measures.
     *
     * @param threads of a product; 0 leaves it to the engine
     * @param rounds in which each library multiplies each shape, of which the fastest counts
     */
    public static List<GemmFigures> run(int threads, int rounds) {
        try (NDManager manager = Libtorch.load().newBaseManager(Device.cpu())) {
            EngineThread.spreadOver(threads);
            EngineThread.prepare();
            GemmBench bench = new GemmBench(manager, rounds);
            LINEAR.forEach(shape -> bench.measure(GemmKind.PRODUCT, shape));
            LINEAR.forEach(shape -> bench.measure(GemmKind.GRADIENT, shape));
            FRAMED.forEach(shape -> bench.measure(GemmKind.BATCH, shape));
            FRAMED.forEach(shape -> bench.measure(GemmKind.BATCH_GRADIENT, shape));
            return bench.figures;
        }
    }

    private void measure(GemmKind kind, GemmShape shape) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray a = random(scratch, shape.batch(), shape.rows(), shape.inner());
            NDArray b =
                    kind.isGradient()
                            ? random(scratch, shape.batch(), shape.rows(), shape.columns())
                            : random(scratch, shape.batch(), shape.inner(), shape.columns());
            double mkl = Double.MAX_VALUE;
            double onednn = Double.MAX_VALUE;
            for (int round = 0; round <= rounds; round++) {
                double first = seconds(kind.mkl(), a, b);
                double second = seconds(kind.onednn(), a, b);
                if (round > 0) { // the first warms up
                    mkl = Math.min(mkl, first);
                    onednn = Math.min(onednn, second);
                }
            }
            double gflop = 2.0 * shape.batch() * shape.multiplications() / 1e9;
            figures.add(new GemmFigures(kind, shape, gflop / mkl, gflop / onednn));
        }
    }

    private double seconds(String operator, NDArray a, NDArray b) {
        long start = System.nanoTime();
        operators.one(operator, a, b).close();
        return (System.nanoTime() - start) / 1e9;
    }

    private static NDArray random(NDManager scratch, int batch, int rows, int columns) {
        Shape shape = batch == 1 ? new Shape(rows, columns) : new Shape(batch, rows, columns);
        return scratch.randomUniform(-1, 1, shape, DataType.FLOAT32);
    }
}
