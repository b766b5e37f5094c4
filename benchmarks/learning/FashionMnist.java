import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.features.LabelledEmbeddings;
import io.kiln.model.network.Architecture;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.script.ImageEncoder.FeatureMap;
import io.kiln.model.torch.Kernels;
import io.kiln.model.training.TrainedNetwork;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.WholeImageEncoder;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.WeightNames;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * Fashion-MNIST (Debian's package dataset-fashion-mnist) as masked batches, and what a network has learnt of it. Each
 * pixel is repeated in both directions, and a black border makes the side a multiple of 32.
 */
final class FashionMnist {
    static final Normalisation NORMALISATION = new Normalisation(List.of(0.286), List.of(0.353));

    private static final Path FOLDER = Path.of("/usr/share/datasets/fashion-mnist");
    private static final int SIDE = 28;
    private static final int CLASSES = 10;
    private static final int HELD_OUT = 256;
    private static final int PART = 64;

    private final InputGeometry geometry;
    private final int kept;
    private final int labelled;
    private final int tested;
    private final byte[][] train;
    private final byte[][] test;
    private final int[] labels;

    /**
     * @param size pixels of a side, a multiple of 32
     * @param kept visible patches of an image
     * @param labelled test pictures that a classifier learns from
     * @param tested test pictures that it tells the class of
     */
    FashionMnist(int size, int kept, int labelled, int tested) throws IOException {
        this.geometry = new InputGeometry(size, size, 1, 32);
        this.kept = kept;
        this.labelled = labelled;
        this.tested = tested;
        train = images("train-images-idx3-ubyte.gz", 60_000);
        test = images("t10k-images-idx3-ubyte.gz", HELD_OUT + labelled + tested);
        labels = labels("t10k-labels-idx1-ubyte.gz", HELD_OUT + labelled + tested);
    }

    InputGeometry geometry() {
        return geometry;
    }

    /** Training pictures, drawn with replacement, with random masks. */
    MaskedBatch batch(int images, Random random) {
        byte[][] pictures = new byte[images][];
        Arrays.setAll(pictures, i -> train[random.nextInt(train.length)]);
        return masked(pictures, random);
    }

    /** Mean loss over fixed masks of pictures that nobody was trained on, with running statistics. */
    double holdoutLoss(Trainer trainer, Architecture network) throws IOException {
        Path file = Files.createTempFile("kiln-learning", ".safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            trainer.save(out);
        }
        double sum = 0;
        try (TrainedNetwork trained = TrainedNetwork.open(file, network, NORMALISATION, Kernels.FAST, "cpu")) {
            for (int first = 0; first < HELD_OUT; first += PART) {
                sum += trained.loss(masked(Arrays.copyOfRange(test, first, first + PART), new Random(first)))
                        .orElseThrow();
            }
        } finally {
            Files.delete(file);
        }
        return sum * PART / HELD_OUT;
    }

    /** Embeddings of whole test pictures: first those to learn from, then those to tell. */
    LabelledEmbeddings embeddings(Trainer trainer, Architecture network) throws IOException {
        Path file = Files.createTempFile("kiln-learning", ".safetensors");
        try (WholeImageEncoder encoder = trainer.encoder(masked(Arrays.copyOf(test, PART), new Random(0)));
                OutputStream out = Files.newOutputStream(file)) {
            EncoderExport.write(out, encoder.tensors(), WeightNames.TIMM, Map.of("architecture", network.toJson()));
        }
        double[][] embeddings = new double[labelled + tested][];
        int part = 50;
        try (ImageEncoder encoder = ImageEncoder.open(file)) {
            for (int first = 0; first < embeddings.length; first += part) {
                List<FeatureMap> stages = encoder.features(geometry, part, pixels(HELD_OUT + first, part));
                for (int i = 0; i < part; i++) {
                    embeddings[first + i] = stages.get(stages.size() - 1).means(i);
                }
            }
        } finally {
            Files.delete(file);
        }
        return new LabelledEmbeddings(embeddings, Arrays.copyOfRange(labels, HELD_OUT, labels.length), CLASSES);
    }

    /** The fold of each embedding: 0 to learn from, 1 to tell. */
    int[] folds() {
        return IntStream.range(0, labelled + tested).map(i -> i < labelled ? 0 : 1).toArray();
    }

    private float[] pixels(int first, int count) {
        int values = geometry.height() * geometry.width();
        float[] pixels = new float[count * values];
        for (int i = 0; i < pixels.length; i++) {
            int value = test[first + i / values][i % values] & 0xff;
            pixels[i] = (float) ((value / 255.0 - NORMALISATION.mean().get(0)) / NORMALISATION.std().get(0));
        }
        return pixels;
    }

    private MaskedBatch masked(byte[][] pictures, Random random) {
        int side = geometry.gridWidth();
        int cells = geometry.patches();
        int[] coordinates = new int[3 * kept * pictures.length];
        ByteBuffer visible = ByteBuffer.allocate(pictures.length * kept * geometry.patchValues());
        ByteBuffer hidden = ByteBuffer.allocate(pictures.length * (cells - kept) * geometry.patchValues());
        int next = 0;
        for (int picture = 0; picture < pictures.length; picture++) {
            boolean[] chosen = chosen(cells, random);
            for (int cell = 0; cell < cells; cell++) {
                if (chosen[cell]) {
                    coordinates[next++] = picture;
                    coordinates[next++] = cell / side;
                    coordinates[next++] = cell % side;
                }
                for (int row = 0; row < 32; row++) {
                    (chosen[cell] ? visible : hidden)
                            .put(pictures[picture], ((cell / side * 32 + row) * side + cell % side) * 32, 32);
                }
            }
        }
        return new MaskedBatch(PatchGrid.of(geometry, pictures.length, coordinates), visible.flip(), hidden.flip());
    }

    private boolean[] chosen(int cells, Random random) {
        boolean[] chosen = new boolean[cells];
        for (int left = kept; left > 0; ) {
            int cell = random.nextInt(cells);
            left -= chosen[cell] ? 0 : 1;
            chosen[cell] = true;
        }
        return chosen;
    }

    private byte[][] images(String name, int count) throws IOException {
        int size = geometry.width();
        int times = size / SIDE;
        int border = (size - times * SIDE) / 2;
        byte[][] images = new byte[count][size * size];
        try (DataInputStream in = open(name, 16)) {
            for (byte[] image : images) {
                byte[] picture = in.readNBytes(SIDE * SIDE);
                for (int row = 0; row < times * SIDE; row++) {
                    for (int column = 0; column < times * SIDE; column++) {
                        image[(row + border) * size + column + border] =
                                picture[row / times * SIDE + column / times];
                    }
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
