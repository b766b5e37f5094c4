package io.kiln.evaluation.images;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.PatchGrid;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A set of held-out images that a version can be evaluated on, all of one kind. */
public final class HeldOutImages {
    /** Rows and columns without which an image has no sharpness. */
    private static final int FEWEST_PIXELS = 3;

    private final List<SparseBatch> images;

    private HeldOutImages(List<SparseBatch> images) {
        this.images = List.copyOf(images);
    }

    /**
     * The images that fit, of the kind that most of them have; of two kinds that are as frequent,
     * the one whose first comes later.
     *
     * @param all records of the topic, one image each
     * @param input that the version takes
     */
    public static HeldOutImages fitting(List<SparseBatch> all, InputSpec input) {
        Map<ImageKind, List<SparseBatch>> kinds = new LinkedHashMap<>();
        for (SparseBatch one : all) {
            ImageKind kind = ImageKind.of(one);
            if (kind.fits(input)) {
                kinds.computeIfAbsent(kind, k -> new ArrayList<>()).add(one);
            }
        }
        List<SparseBatch> most = List.of();
        for (List<SparseBatch> alike : kinds.values()) {
            most = alike.size() >= most.size() ? alike : most;
        }
        return new HeldOutImages(most);
    }

    /** The kind of the images; empty if there are none. */
    public Optional<ImageKind> kind() {
        return images.stream().findFirst().map(ImageKind::of);
    }

    /** How many there are. */
    public int size() {
        return images.size();
    }

    /** Ids of the images, in their order. */
    public List<String> ids() {
        return images.stream().map(one -> one.getImages().get(0).getImageId()).toList();
    }

    /** SHA-256 of the ids, sorted, each ended by a line feed. */
    public String id() {
        MessageDigest digest = Sha256.digest();
        ids().stream()
                .sorted()
                .forEach(id -> digest.update((id + "\n").getBytes(StandardCharsets.UTF_8)));
        return Sha256.hex(digest);
    }

    /** Sizes of each image; there must be one. */
    public InputGeometry geometry() {
        Geometry g = images.get(0).getGeometry();
        return new InputGeometry(g.getHeight(), g.getWidth(), g.getChannels(), g.getPatch());
    }

    /**
     * Divides them into as few parts as fit a bound, of sizes that differ by one at most.
     *
     * @param most images of a part
     */
    public List<HeldOutImages> parts(int most) {
        int count = (images.size() + most - 1) / most;
        List<HeldOutImages> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) images.size() * i / count);
            int to = (int) ((long) images.size() * (i + 1) / count);
            parts.add(new HeldOutImages(images.subList(from, to)));
        }
        return parts;
    }

    /** All of them as one batch, as a trainer reads it. */
    public MaskedBatch batch() {
        List<Integer> coordinates = new ArrayList<>();
        int visible = 0;
        int masked = 0;
        for (int i = 0; i < images.size(); i++) {
            ByteBuffer rows = rows(images.get(i));
            while (rows.hasRemaining()) {
                coordinates.add(i);
                rows.getInt(); // the image's number in its own record, 0
                coordinates.add(rows.getInt());
                coordinates.add(rows.getInt());
            }
            visible += images.get(i).getVisiblePatches().remaining();
            masked += images.get(i).getMaskedPatches().remaining();
        }
        ByteBuffer visiblePatches = ByteBuffer.allocate(visible);
        ByteBuffer maskedPatches = ByteBuffer.allocate(masked);
        for (SparseBatch image : images) {
            visiblePatches.put(image.getVisiblePatches().duplicate());
            maskedPatches.put(image.getMaskedPatches().duplicate());
        }
        int[] all = coordinates.stream().mapToInt(Integer::intValue).toArray();
        return new MaskedBatch(
                PatchGrid.of(geometry(), images.size(), all),
                ImageKind.of(images.get(0)).sampleBytes(),
                visiblePatches.flip(),
                maskedPatches.flip());
    }

    /**
     * The whole images, normalised.
     *
     * @return [images, channels, height, width]
     */
    public float[] pixels(InputSpec input) {
        int values = input.getChannels() * input.getHeight() * input.getWidth();
        float[] pixels = new float[Math.multiplyExact(images.size(), values)];
        Normalisation normalisation = new Normalisation(input.getMean(), input.getStd());
        for (int i = 0; i < images.size(); i++) {
            WholeImage image = WholeImage.of(images.get(i));
            normalisation.apply(image.samples(), image.sampleBytes(), pixels, i * values);
        }
        return pixels;
    }

    /**
     * Crops of the images, one of each, enlarged to their size and normalised: views that show the
     * same as the images.
     *
     * @return [images, channels, height, width]
     */
    public float[] secondViews(InputSpec input) {
        float[] pixels = pixels(input);
        float[] views = new float[pixels.length];
        int plane = input.getHeight() * input.getWidth();
        List<String> ids = ids();
        for (int i = 0; i < images.size(); i++) {
            SecondView view = new SecondView(ids.get(i), input.getHeight(), input.getWidth());
            for (int channel = 0; channel < input.getChannels(); channel++) {
                view.apply(pixels, views, (i * input.getChannels() + channel) * plane);
            }
        }
        return views;
    }

    /** The last of them, in their order; all if there are fewer. */
    public HeldOutImages last(int most) {
        return new HeldOutImages(images.subList(Math.max(0, images.size() - most), images.size()));
    }

    private static ByteBuffer rows(SparseBatch one) {
        return one.getCoordinates().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Why a record of the topic is none of a held-out image; empty if it is one. */
    public static Optional<String> objection(SparseBatch record) {
        Geometry geometry = record.getGeometry();
        String objection = null;
        if (record.getImages().size() != 1) {
            objection = "it holds several images; expected one that is held out";
        } else if (record.getSampleType() == SampleType.UNKNOWN) {
            objection = "its samples are of an unknown type; expected UINT8 or UINT16";
        } else if (Math.min(geometry.getHeight(), geometry.getWidth()) < FEWEST_PIXELS) {
            objection =
                    "its image has "
                            + geometry.getHeight()
                            + " x "
                            + geometry.getWidth()
                            + " pixels; expected at least "
                            + FEWEST_PIXELS
                            + " in each direction";
        }
        return Optional.ofNullable(objection);
    }
}
