package io.kiln.evaluation.drift;

import io.kiln.config.DriftConfig;
import io.kiln.schemas.DriftAlarm;
import io.kiln.schemas.DriftFigures;
import io.kiln.schemas.SparseBatch;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Watches a stream of images for a change. The first ones are the reference. Each later one goes
 * through a Page–Hinkley test, and each full window of them through a Kolmogorov–Smirnov test, of
 * each statistic. Half of the false alarms that are allowed belong to either kind of test, and of
 * these an equal share to each statistic (Bonferroni's correction). After an alarm there is a new
 * reference. A function of the images in their order; the state is bounded. Not thread-safe.
 */
public final class DriftWatch {
    /** Alarms that are kept until an evaluation takes them. */
    private static final int MOST_ALARMS = 16;

    /** Images among which near duplicates are looked for, and bits in which their hashes differ. */
    private static final int DUPLICATE_WINDOW = 64;

    private static final int DUPLICATE_BITS = 4;

    private final DriftConfig config;
    private final Deque<Long> hashes = new ArrayDeque<>();
    private final List<double[]> reference = new ArrayList<>();
    private final Deque<double[]> window = new ArrayDeque<>();
    private final List<DriftAlarm> raised = new ArrayList<>();
    private @Nullable Comparisons comparisons;
    private int untested;
    private long images;
    private long alarms;

    public DriftWatch(DriftConfig config) {
        this.config = config;
    }

    /**
     * Takes the next image.
     *
     * @param record of a held-out image
     * @return the alarm that it raises
     */
    public Optional<DriftAlarm> add(SparseBatch record) {
        ImageFigures figures = ImageFigures.of(record);
        double[] values = figures.values();
        values[ImageStatistic.NEAR_DUPLICATES.ordinal()] = isNearDuplicate(figures.hash()) ? 1 : 0;
        hashes.add(figures.hash());
        if (hashes.size() > DUPLICATE_WINDOW) {
            hashes.remove();
        }
        return add(record.getImages().get(0).getImageId(), values);
    }

    private boolean isNearDuplicate(long hash) {
        return hashes.stream().anyMatch(other -> Long.bitCount(other ^ hash) <= DUPLICATE_BITS);
    }

    /** Takes the statistics of the next image. */
    Optional<DriftAlarm> add(String imageId, double[] values) {
        images++;
        Comparisons current = comparisons;
        if (current == null) {
            reference.add(values);
            if (reference.size() >= config.reference()) {
                comparisons = new Comparisons(config, reference);
            }
            return Optional.empty();
        }
        window.add(values);
        while (window.size() > config.window()) {
            window.remove();
        }
        untested++;
        Optional<DriftAlarm> alarm = current.shifted(values, window);
        if (alarm.isEmpty() && untested >= config.window()) {
            untested = 0;
            alarm = current.differing(window);
        }
        alarm.ifPresent(
                one -> {
                    one.put("image", images);
                    one.put("imageId", imageId);
                    raise(one);
                });
        return alarm;
    }

    private void raise(DriftAlarm alarm) {
        alarms++;
        raised.add(alarm);
        if (raised.size() > MOST_ALARMS) {
            raised.remove(0);
        }
        comparisons = null;
        reference.clear();
        window.clear();
        untested = 0;
    }

    /** Where the images stand now. */
    public DriftFigures figures() {
        return new DriftFigures(
                images,
                reference.size(),
                window.size(),
                comparisons == null || window.isEmpty() ? List.of() : comparisons.figures(window),
                alarms,
                List.copyOf(raised),
                null,
                null);
    }

    /** The largest shift of a statistic, in standard deviations of the reference; 0 without one. */
    public double shift() {
        return comparisons == null || window.isEmpty() ? 0 : comparisons.shift(window);
    }

    /** An evaluation tells these alarms: the next one does not. */
    public void told(List<DriftAlarm> told) {
        raised.removeIf(alarm -> told.stream().anyMatch(one -> one.getImage() == alarm.getImage()));
    }

    /** Its state. */
    public byte[] state() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeLong(images);
            out.writeLong(alarms);
            out.writeInt(untested);
            out.writeInt(hashes.size());
            for (long hash : hashes) {
                out.writeLong(hash);
            }
            DriftState.writeRows(reference, out);
            DriftState.writeRows(window, out);
            DriftState.writeAlarms(raised, out);
            out.writeBoolean(comparisons != null);
            if (comparisons != null) {
                comparisons.write(out);
            }
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written to", e);
        }
        return bytes.toByteArray();
    }

    /**
     * One that goes on from a state. The sizes of its reference and window may be other ones.
     *
     * @throws IOException if the state is not one
     */
    public static DriftWatch of(DriftConfig config, byte[] state) throws IOException {
        DriftWatch watch = new DriftWatch(config);
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(state))) {
            watch.images = in.readLong();
            watch.alarms = in.readLong();
            watch.untested = in.readInt();
            for (int left = in.readInt(); left > 0; left--) {
                watch.hashes.add(in.readLong());
            }
            DriftState.readRows(in, watch.reference);
            DriftState.readRows(in, watch.window);
            DriftState.readAlarms(in, watch.raised);
            if (in.readBoolean()) {
                watch.comparisons = new Comparisons(config, watch.reference);
                watch.comparisons.read(in);
            }
        }
        return watch;
    }
}
