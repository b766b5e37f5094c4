import com.sun.management.OperatingSystemMXBean;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.features.LabelledEmbeddings;
import io.kiln.model.features.NearestNeighbours;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.script.ImageEncoder.FeatureMap;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.CosineSchedule;
import io.kiln.model.training.OptimiserSettings;
import io.kiln.model.training.RoundSettings;
import io.kiln.model.training.RoundSettings.Outer;
import io.kiln.model.training.TrainedNetwork;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.TrainerRound;
import io.kiln.model.training.TrainerSettings;
import io.kiln.model.training.WholeImageEncoder;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.WeightNames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;

/**
 * What rounds of several trainers do to what is learnt: trains a small network on Fashion-MNIST (Debian's package
 * dataset-fashion-mnist) with Kiln's own trainers, in one process, and prints a line of tab-separated values for each
 * run. The protocol is in docs/explanation/rounds.md.
 *
 * <p>java @deploy/jvm.args -cp 'cli/target/kiln.jar:cli/target/lib/*' benchmarks/rounds/RoundsSimulation.java IMAGES
 * RUN...
 *
 * <p>A RUN is TRAINERS:STEPS:OUTER:SEED, where OUTER is mean, momentum, or sync for one trainer with a batch as large
 * as those of all trainers.
 */
final class RoundsSimulation {
    private static final Path FOLDER = Path.of("/usr/share/datasets/fashion-mnist");
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 64, 1, 32);
    private static final Normalisation NORMALISATION = new Normalisation(List.of(0.286), List.of(0.353));
    private static final Architecture NETWORK =
            new Architecture(Family.RESNET_BASIC, List.of(1, 1, 1, 1), List.of(16, 32, 64, 128), 16, 0, 0, 64, 1);
    private static final int SIDE = 28;
    private static final int BATCH = 8;
    private static final int KEPT = 2; // of 4 patches
    private static final double PEAK = 0.004; // of one trainer; times the root of the number of trainers
    private static final int HELD_OUT = 256;
    private static final int PROBE = 1000;
    private static final int TESTED = 500;

    private record Run(int trainers, int steps, String outer, int seed) {
        static Run of(String text) {
            String[] parts = text.split(":");
            return new Run(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), parts[2], Integer.parseInt(parts[3]));
        }

        boolean isSync() {
            return outer.equals("sync");
        }

        RoundSettings settings() {
            return isSync()
                    ? RoundSettings.mean(1, steps)
                    : new RoundSettings(trainers, steps, Outer.valueOf(outer.toUpperCase(Locale.ROOT)), 0.7, 0.9, false);
        }
    }

    private final byte[][] train;
    private final byte[][] test;
    private final int[] labels;
    private final int images;

    private RoundsSimulation(int images) throws IOException {
        this.images = images;
        train = images("train-images-idx3-ubyte.gz", 60_000);
        test = images("t10k-images-idx3-ubyte.gz", HELD_OUT + PROBE + TESTED);
        labels = labels("t10k-labels-idx1-ubyte.gz", HELD_OUT + PROBE + TESTED);
    }

    public static void main(String[] arguments) throws IOException {
        Libtorch.load();
        EngineThread.spreadOver(1);
        EngineThread.prepare();
        RoundsSimulation simulation = new RoundsSimulation(Integer.parseInt(arguments[0]));
        System.out.println("trainers\tsteps\touter\tseed\timages\tloss\tholdoutHalf\tholdout\tprobe\tcpuSeconds");
        for (String run : Arrays.asList(arguments).subList(1, arguments.length)) {
            simulation.run(Run.of(run));
        }
    }

    private void run(Run run) throws IOException {
        long start = processor();
        int steps = images / BATCH / run.trainers();
        List<Trainer> trainers = new ArrayList<>();
        List<TrainerRound> rounds = new ArrayList<>();
        for (int i = 0; i < run.settings().trainers(); i++) {
            trainers.add(new Trainer(settings(run, steps)));
            rounds.add(new TrainerRound(trainers.get(i), run.settings()));
        }
        int batch = run.isSync() ? BATCH * run.trainers() : BATCH;
        Random order = new Random(run.seed());
        double sum = 0;
        double half = 0;
        for (int step = 0; step < steps; step++) {
            double loss = 0;
            for (Trainer trainer : trainers) {
                loss += trainer.step(batch(batch, order)).loss() / trainers.size();
            }
            sum += step >= steps * 3 / 4 ? loss : 0;
            if (!run.isSync() && rounds.get(0).stepsLeft() == 0) {
                finish(rounds);
            }
            half = step + 1 == steps / 2 ? heldOut(trainers.get(0)) : half;
        }
        System.out.printf(
                Locale.ROOT,
                "%d\t%d\t%s\t%d\t%d\t%.4f\t%.4f\t%.4f\t%.3f\t%.1f%n",
                run.trainers(), run.steps(), run.outer(), run.seed(), images,
                sum / (steps - steps * 3 / 4), half, heldOut(trainers.get(0)), probe(trainers.get(0)),
                (processor() - start) / 1e9);
        rounds.forEach(TrainerRound::close);
        trainers.forEach(Trainer::close);
    }

    /** Nanoseconds of processor time of this process. */
    private static long processor() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static TrainerSettings settings(Run run, int steps) {
        return new TrainerSettings(
                NETWORK, GEOMETRY, NORMALISATION, new OptimiserSettings(0.9, 0.95, 1e-6, 5),
                new CosineSchedule(PEAK * Math.sqrt(run.trainers()), steps / 10, steps, 0.04, 0.2),
                Precision.FP32, "cpu", Kernels.FAST, run.seed());
    }

    private static void finish(List<TrainerRound> rounds) throws IOException {
        List<ByteArrayInputStream> changes = new ArrayList<>();
        for (TrainerRound round : rounds) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            round.writeChange(out);
            changes.add(new ByteArrayInputStream(out.toByteArray()));
        }
        TrainerRound.finish(rounds, changes);
    }

    /** Mean over fixed masks of pictures that nobody was trained on. */
    private double heldOut(Trainer trainer) throws IOException {
        Path file = Files.createTempFile("kiln-simulation", ".safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            trainer.save(out);
        }
        double sum = 0;
        int part = 64;
        try (TrainedNetwork network = TrainedNetwork.open(file, NETWORK, NORMALISATION, Kernels.FAST, "cpu")) {
            for (int first = 0; first < HELD_OUT; first += part) {
                sum += network.loss(masked(Arrays.copyOfRange(test, first, first + part), new Random(first)))
                        .orElseThrow();
            }
        } finally {
            Files.delete(file);
        }
        return sum * part / HELD_OUT;
    }

    /** Share of pictures whose class their nearest neighbours tell. */
    private double probe(Trainer trainer) throws IOException {
        Path file = Files.createTempFile("kiln-simulation", ".safetensors");
        MaskedBatch calibration = masked(Arrays.copyOf(test, 64), new Random(0));
        try (WholeImageEncoder encoder = trainer.encoder(calibration);
                OutputStream out = Files.newOutputStream(file)) {
            EncoderExport.write(out, encoder.tensors(), WeightNames.TIMM, Map.of("architecture", NETWORK.toJson()));
        }
        double[][] embeddings = new double[PROBE + TESTED][];
        int[] fold = new int[PROBE + TESTED];
        int part = 50;
        try (ImageEncoder encoder = ImageEncoder.open(file)) {
            for (int first = 0; first < embeddings.length; first += part) {
                List<FeatureMap> stages = encoder.features(GEOMETRY, part, pixels(HELD_OUT + first, part));
                for (int i = 0; i < part; i++) {
                    embeddings[first + i] = stages.get(stages.size() - 1).means(i);
                    fold[first + i] = first + i < PROBE ? 0 : 1;
                }
            }
        } finally {
            Files.delete(file);
        }
        int[] classes = Arrays.copyOfRange(labels, HELD_OUT, HELD_OUT + PROBE + TESTED);
        return new LabelledEmbeddings(embeddings, classes, 10).accuracy(new NearestNeighbours(), fold, 1);
    }

    private float[] pixels(int first, int count) {
        float[] pixels = new float[count * 64 * 64];
        for (int i = 0; i < pixels.length; i++) {
            int value = test[first + i / (64 * 64)][i % (64 * 64)] & 0xff;
            pixels[i] = (float) ((value / 255.0 - 0.286) / 0.353);
        }
        return pixels;
    }

    private MaskedBatch batch(int size, Random order) {
        byte[][] pictures = new byte[size][];
        Arrays.setAll(pictures, i -> train[order.nextInt(train.length)]);
        return masked(pictures, order);
    }

    private static MaskedBatch masked(byte[][] pictures, Random random) {
        int[] coordinates = new int[3 * KEPT * pictures.length];
        ByteBuffer visible = ByteBuffer.allocate(pictures.length * KEPT * GEOMETRY.patchValues());
        ByteBuffer hidden = ByteBuffer.allocate(pictures.length * (4 - KEPT) * GEOMETRY.patchValues());
        int next = 0;
        for (int picture = 0; picture < pictures.length; picture++) {
            int first = random.nextInt(4);
            int second = (first + 1 + random.nextInt(3)) % 4;
            for (int cell = 0; cell < 4; cell++) {
                boolean kept = cell == first || cell == second;
                if (kept) {
                    coordinates[next++] = picture;
                    coordinates[next++] = cell / 2;
                    coordinates[next++] = cell % 2;
                }
                for (int row = 0; row < 32; row++) {
                    (kept ? visible : hidden)
                            .put(pictures[picture], (cell / 2 * 32 + row) * 64 + cell % 2 * 32, 32);
                }
            }
        }
        return new MaskedBatch(PatchGrid.of(GEOMETRY, pictures.length, coordinates), visible.flip(), hidden.flip());
    }

    /** Each pixel twice in both directions, with a black border. */
    private static byte[][] images(String name, int count) throws IOException {
        byte[][] images = new byte[count][64 * 64];
        try (DataInputStream in = open(name, 16)) {
            for (byte[] image : images) {
                byte[] picture = in.readNBytes(SIDE * SIDE);
                for (int i = 0; i < 4 * SIDE * SIDE; i++) {
                    int row = i / (2 * SIDE);
                    int column = i % (2 * SIDE);
                    image[(row + 4) * 64 + column + 4] = picture[row / 2 * SIDE + column / 2];
                }
            }
        }
        return images;
    }

    private static int[] labels(String name, int count) throws IOException {
        int[] labels = new int[count];
        try (DataInputStream in = open(name, 8)) {
            for (int i = 0; i < count; i++) {
                labels[i] = in.read();
            }
        }
        return labels;
    }

    private static DataInputStream open(String name, int header) throws IOException {
        DataInputStream in = new DataInputStream(new GZIPInputStream(Files.newInputStream(FOLDER.resolve(name)), 1 << 16));
        in.readNBytes(header);
        return in;
    }
}
