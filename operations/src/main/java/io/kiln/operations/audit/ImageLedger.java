package io.kiln.operations.audit;

import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.ImageOrigin;
import java.util.Map;
import java.util.TreeMap;
import org.roaringbitmap.longlong.LongIterator;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * Accounts for every image: each offset of images is in one batch per view, or among the dead
 * letters, and the batch means the image that lies there. Images are recorded before the batches.
 * Images in the state of the masking job are pending. These are the images from the last offset in
 * a batch on or, if images are shuffled, any images as long as they are no more than the shuffle
 * buffer holds.
 */
final class ImageLedger {
    /**
     * The totals of the account.
     *
     * @param held number of records in the topic
     * @param views number of their views in batches
     * @param deadLetters number of them among the dead letters
     * @param pending number of them not in all their batches yet
     * @param deletedViews number of views that only deleted batches can have held
     */
    record Balance(long held, long views, long deadLetters, long pending, long deletedViews) {}

    /** One partition. A view is encoded as offset · views + view. */
    private static final class Partition {
        private final Roaring64Bitmap held = new Roaring64Bitmap();
        private final Roaring64Bitmap used = new Roaring64Bitmap();
        private final Roaring64Bitmap dead = new Roaring64Bitmap();
        private final ImageIds ids = new ImageIds();
        private long begin;
        private long firstUsed = Long.MAX_VALUE;
        private long lastUsed = -1;
    }

    private final String topic;
    private final int views;
    private final int shuffled;
    private final Findings findings;
    private final Map<Integer, Partition> partitions = new TreeMap<>();

    /**
     * @param shuffled number of images per partition that the masking job may hold back while later
     *     images proceed; 0 if images keep their order
     */
    ImageLedger(String topic, int views, int shuffled, Findings findings) {
        this.topic = topic;
        this.views = views;
        this.shuffled = shuffled;
        this.findings = findings;
    }

    /** Sets the first offset of a partition; earlier records have been deleted and are ignored. */
    void begins(int partition, long offset) {
        partition(partition).begin = offset;
    }

    /**
     * Records an image.
     *
     * @param imageId its identity; empty if the record is no image
     */
    void held(int number, long offset, String imageId) {
        Partition partition = partition(number);
        partition.held.addLong(offset);
        partition.ids.add(offset, imageId);
    }

    /**
     * Records a view of an image in a batch.
     *
     * @param batch place of the batch
     */
    void used(ImageOrigin image, String batch) {
        int number = image.getPartition();
        long offset = image.getOffset();
        int view = image.getView();
        String place = Finding.place(image.getTopic(), number, offset);
        if (!image.getTopic().equals(topic)) {
            findings.add(
                    Kind.UNEXPLAINED, batch, "holds " + place + "; expected images of " + topic);
            return;
        }
        if (view < 0 || view >= views) {
            findings.add(
                    Kind.UNEXPLAINED,
                    batch,
                    "holds view " + view + " of " + place + "; masking.views is " + views);
            return;
        }
        Partition partition = partition(number);
        partition.firstUsed = Math.min(partition.firstUsed, offset);
        partition.lastUsed = Math.max(partition.lastUsed, offset);
        if (!partition.ids.mayBe(offset, image.getImageId())) {
            findings.add(
                    Kind.UNEXPLAINED,
                    batch,
                    "holds "
                            + place
                            + " as image "
                            + image.getImageId()
                            + ", but another record lies there: the topic was deleted and made"
                            + " again, or the broker lost its end");
            return;
        }
        long key = offset * views + view;
        if (partition.used.contains(key)) {
            findings.add(Kind.DUPLICATED, batch, "holds view " + view + " of " + place + " again");
        }
        partition.used.addLong(key);
    }

    /**
     * Records a dead letter.
     *
     * @param deadLetter place of the dead letter
     */
    void dead(int number, long offset, String deadLetter) {
        Partition partition = partition(number);
        if (partition.dead.contains(offset)) {
            findings.add(
                    Kind.DUPLICATED,
                    deadLetter,
                    Finding.place(topic, number, offset) + " is a dead letter again");
        }
        partition.dead.addLong(offset);
    }

    /**
     * Settles the account.
     *
     * @param complete whether no image may be pending
     * @param batchesDeleted whether the first records of sparse-batches have been deleted
     */
    Balance settle(boolean complete, boolean batchesDeleted) {
        Balance sum = new Balance(0, 0, 0, 0, 0);
        for (Map.Entry<Integer, Partition> entry : partitions.entrySet()) {
            Balance one = settle(entry.getKey(), entry.getValue(), complete, batchesDeleted);
            sum =
                    new Balance(
                            sum.held + one.held,
                            sum.views + one.views,
                            sum.deadLetters + one.deadLetters,
                            sum.pending + one.pending,
                            sum.deletedViews + one.deletedViews);
        }
        return sum;
    }

    private Balance settle(int number, Partition partition, boolean complete, boolean deleted) {
        requireHeld(number, partition);
        Runs lost = new Runs(number);
        long heldViews = 0;
        long deadLetters = 0;
        long pending = 0;
        long deletedViews = 0;
        boolean heldBack = !complete && missing(partition) <= shuffled;
        LongIterator offsets = partition.held.getLongIterator();
        while (offsets.hasNext()) {
            long offset = offsets.next();
            int found = viewsOf(partition, offset);
            heldViews += found;
            if (partition.dead.contains(offset)) {
                deadLetters++;
                if (found > 0) {
                    findings.add(
                            Kind.DUPLICATED,
                            Finding.place(topic, number, offset),
                            "is in a batch and among the dead letters");
                }
            } else if (found < views) {
                if (deleted && offset <= partition.firstUsed) {
                    deletedViews += views - found;
                } else if (heldBack || (!complete && offset >= partition.lastUsed)) {
                    pending++;
                } else {
                    lost.add(offset);
                }
            }
        }
        lost.end();
        return new Balance(
                partition.held.getLongCardinality(), heldViews, deadLetters, pending, deletedViews);
    }

    /** The number of images before the last used one that are not accounted for. */
    private long missing(Partition partition) {
        long missing = 0;
        LongIterator offsets = partition.held.getLongIterator();
        while (offsets.hasNext()) {
            long offset = offsets.next();
            if (offset < partition.lastUsed
                    && !partition.dead.contains(offset)
                    && viewsOf(partition, offset) < views) {
                missing++;
            }
        }
        return missing;
    }

    private int viewsOf(Partition partition, long offset) {
        int found = 0;
        for (int view = 0; view < views; view++) {
            if (partition.used.contains(offset * views + view)) {
                found++;
            }
        }
        return found;
    }

    /** Reports batches and dead letters whose image does not exist. */
    private void requireHeld(int number, Partition partition) {
        Roaring64Bitmap origins = new Roaring64Bitmap();
        partition.used.forEach((long key) -> origins.addLong(key / views));
        origins.or(partition.dead);
        origins.andNot(partition.held);
        origins.forEach(
                (long offset) -> {
                    if (offset >= partition.begin) {
                        findings.add(
                                Kind.UNEXPLAINED,
                                Finding.place(topic, number, offset),
                                "is in a batch or a dead letter, but the topic has no such record");
                    }
                });
    }

    private Partition partition(int number) {
        return partitions.computeIfAbsent(number, n -> new Partition());
    }

    /** Reports consecutive offsets as one finding. */
    private final class Runs {
        private final int partition;
        private long first = -1;
        private long last = -1;

        private Runs(int partition) {
            this.partition = partition;
        }

        private void add(long offset) {
            if (first >= 0 && offset == last + 1) {
                last = offset;
                return;
            }
            end();
            first = offset;
            last = offset;
        }

        private void end() {
            if (first >= 0) {
                findings.add(
                        Kind.LOST,
                        Finding.place(topic, partition, first, last),
                        views == 1
                                ? "is in no batch and not among the dead letters"
                                : "is in fewer than "
                                        + views
                                        + " batches and not among the dead letters");
            }
            first = -1;
        }
    }
}
