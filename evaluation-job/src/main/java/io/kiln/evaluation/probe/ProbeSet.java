package io.kiln.evaluation.probe;

import io.kiln.config.InputConfig;
import io.kiln.images.Bitmap;
import io.kiln.images.ClassFolders;
import io.kiln.images.PictureException;
import io.kiln.images.PictureFiles;
import io.kiln.images.SampleRange;
import io.kiln.images.SampleScale;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** Pictures of known classes, read once and kept in memory as the encoder is given them. */
public final class ProbeSet {
    /** Folds that pictures are dealt to; as many as {@code kiln probe} has by default. */
    public static final int FOLDS = 5;

    /** Of the dealing; that of {@code kiln probe} by default. */
    public static final long SEED = 0;

    /** Memory that the pictures may take. */
    private static final long MAX_BYTES = 1L << 28;

    private static final int MAX_GROUPS = 64;

    private final InputConfig input;
    private final List<byte[]> pictures;
    private final int[] labels;
    private final int classes;
    private final List<String> groups;
    private final String id;

    private ProbeSet(InputConfig input, List<byte[]> pictures, ClassFolders found, String id) {
        this.input = input;
        this.pictures = List.copyOf(pictures);
        this.labels = found.labels();
        this.classes = found.classes().size();
        this.groups = found.groups();
        this.id = id;
    }

    /**
     * Reads all pictures.
     *
     * @param folder with a folder of pictures for each class, or of folders of groups of them
     * @param input of the network, which they are fitted to
     * @throws PictureException if the folder or a picture cannot be used, there is one class, there
     *     are fewer pictures of a class than folds, too many for the memory, or more than 64 groups
     */
    public static ProbeSet read(Path folder, InputConfig input) {
        ClassFolders found = ClassFolders.read(folder, FOLDS);
        requireFewGroups(folder, found);
        long bytes = (long) input.patches() * input.patchBytes();
        int count = found.pictures().size();
        if (bytes * count > MAX_BYTES) {
            throw new PictureException(
                    String.format(
                            "%s has %d pictures, which take %d bytes of memory, but %d are"
                                    + " allowed; expected at most %d pictures of %d x %d pixels",
                            folder,
                            count,
                            bytes * count,
                            MAX_BYTES,
                            MAX_BYTES / bytes,
                            input.height(),
                            input.width()));
        }
        SampleScale scale =
                new SampleScale(
                        input.sampleType().bytes(), SampleRange.ofLimits(input.valueLimits()));
        List<byte[]> pictures = new ArrayList<>();
        MessageDigest digest = Sha256.digest();
        try (PictureFiles files =
                new PictureFiles(input.height(), input.width(), input.channels(), scale)) {
            for (int i = 0; i < count; i++) {
                Bitmap picture = files.read(found.pictures().get(i));
                pictures.add(picture.samples());
                String line =
                        found.classes().get(found.labels()[i])
                                + " "
                                + Sha256.hex(picture.samples())
                                + "\n";
                digest.update(line.getBytes(StandardCharsets.UTF_8));
            }
        }
        return new ProbeSet(input, pictures, found, Sha256.hex(digest));
    }

    private static void requireFewGroups(Path folder, ClassFolders found) {
        long count = found.groups().stream().distinct().count();
        if (count > MAX_GROUPS) {
            throw new PictureException(
                    String.format(
                            "%s has pictures of %d groups, the folders in those of the classes;"
                                    + " expected at most %d",
                            folder, count, MAX_GROUPS));
        }
    }

    /** Whether the pictures are what a version takes. */
    public boolean fits(InputSpec version) {
        return version.getHeight() == input.height()
                && version.getWidth() == input.width()
                && version.getChannels() == input.channels()
                && version.getSampleBits() == input.sampleType().bytes() * Byte.SIZE
                && version.getValueRange().equals(input.valueLimits());
    }

    /** Sizes of each picture. */
    public InputGeometry geometry() {
        return new InputGeometry(input.height(), input.width(), input.channels(), input.patch());
    }

    /**
     * Some of the pictures, normalised.
     *
     * @param from number of the first
     * @param to number after the last
     * @param version that takes them; they must fit
     * @return [pictures, channels, height, width]
     */
    public float[] pixels(int from, int to, InputSpec version) {
        int values = input.channels() * input.height() * input.width();
        float[] pixels = new float[Math.multiplyExact(to - from, values)];
        Normalisation normalisation = new Normalisation(version.getMean(), version.getStd());
        for (int i = from; i < to; i++) {
            normalisation.apply(
                    pictures.get(i), input.sampleType().bytes(), pixels, (i - from) * values);
        }
        return pixels;
    }

    /** How many pictures there are. */
    public int size() {
        return pictures.size();
    }

    /** How many classes there are. */
    public int classes() {
        return classes;
    }

    /** Number of each picture's class, from 0. */
    public int[] labels() {
        return labels.clone();
    }

    /** Name of each picture's group; all are empty if there are no groups. */
    public List<String> groups() {
        return groups;
    }

    /** ProbeFigures.picturesId. */
    public String id() {
        return id;
    }
}
