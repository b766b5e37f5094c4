package io.kiln.operations.audit;

import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.ImageOrigin;
import java.util.Map;
import java.util.TreeMap;
import org.roaringbitmap.longlong.LongIterator;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * Accounts for every image: each offset of images is in one batch per view, held out, or among the
 * dead letters, and the batch means the image that lies there. Views of replayed images are counted
 * apart. Images are recorded before the batches. Images in the state of the masking job are
 * pending. These are the images from the last offset in a batch on or, if images are shuffled, any
 * images as long as they are no more than the shuffle buffer holds.
 *
 * <p>Retention may have deleted the batches of old images, and nothing tells which they were. A
 * batch is younger than its images, so this excuses old images alone.
 */
final class ImageLedger {
    private final String topic;
    private final int views;
    private final int shuffled;
    private final Findings findings;
    private final Map<Integer, PartitionImages> partitions = new TreeMap<>();

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
     * @param old whether retention may have deleted batches that were written soon after it
     */
    void held(int number, long offset, String imageId, boolean old) {
        PartitionImages partition = partition(number);
        partition.held.addLong(offset);
        if (old) {
            partition.old.addLong(offset);
        }
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
        String place = place(image);
        if (!isOfTheTopic(image, batch)) {
            return;
        }
        PartitionImages partition = partition(number);
        if (image.getReplayed()) {
            if (isTheImage(image, batch)) {
                partition.replayed.add(image, batch, views, findings);
            }
            return;
        }
        if (view < 0 || view >= views) {
            findings.add(
                    Kind.UNEXPLAINED,
                    batch,
                    "holds view " + view + " of " + place + "; masking.views is " + views);
            return;
        }
        partition.firstUsed = Math.min(partition.firstUsed, offset);
        partition.lastUsed = Math.max(partition.lastUsed, offset);
        if (!isTheImage(image, batch)) {
            return;
        }
        long key = offset * views + view;
        if (partition.used.contains(key)) {
            findings.add(Kind.DUPLICATED, batch, "holds view " + view + " of " + place + " again");
        }
        partition.used.addLong(key);
    }

    /**
     * Records an image that is held out of training.
     *
     * @param record place of the held-out image
     */
    void heldOut(ImageOrigin image, String record) {
        if (!isOfTheTopic(image, record) || !isTheImage(image, record)) {
            return;
        }
        PartitionImages partition = partition(image.getPartition());
        if (partition.heldOut.contains(image.getOffset())) {
            findings.add(Kind.DUPLICATED, record, "holds out " + place(image) + " again");
        }
        partition.heldOut.addLong(image.getOffset());
    }

    private boolean isOfTheTopic(ImageOrigin image, String record) {
        if (image.getTopic().equals(topic)) {
            return true;
        }
        findings.add(
                Kind.UNEXPLAINED,
                record,
                "holds " + place(image) + "; expected images of " + topic);
        return false;
    }

    private boolean isTheImage(ImageOrigin image, String record) {
        if (partition(image.getPartition()).ids.mayBe(image.getOffset(), image.getImageId())) {
            return true;
        }
        findings.add(
                Kind.UNEXPLAINED,
                record,
                "holds "
                        + place(image)
                        + " as image "
                        + image.getImageId()
                        + ", but another record lies there: the topic was deleted and made"
                        + " again, or the broker lost its end");
        return false;
    }

    private static String place(ImageOrigin image) {
        return Finding.place(image.getTopic(), image.getPartition(), image.getOffset());
    }

    /**
     * Records a dead letter.
     *
     * @param deadLetter place of the dead letter
     */
    void dead(int number, long offset, String deadLetter) {
        PartitionImages partition = partition(number);
        if (partition.dead.contains(offset)) {
            findings.add(
                    Kind.DUPLICATED,
                    deadLetter,
                    Finding.place(topic, number, offset) + " is a dead letter again");
        }
        partition.dead.addLong(offset);
    }

    /** Number of views of replayed images in batches. */
    long replayedViews() {
        return partitions.values().stream().mapToLong(p -> p.replayed.count()).sum();
    }

    /**
     * Settles the account.
     *
     * @param complete whether no image may be pending
     * @param batchesDeleted whether the first records of sparse-batches have been deleted
     * @param trainedLately number of images that were trained on within the retention time, in
     *     batches that have been deleted
     */
    ImageBalance settle(boolean complete, boolean batchesDeleted, long trainedLately) {
        ImageBalance sum = new ImageBalance(0, 0, 0, 0, 0, 0, 0);
        for (Map.Entry<Integer, PartitionImages> entry : partitions.entrySet()) {
            sum = sum.plus(settle(entry.getKey(), entry.getValue(), complete, batchesDeleted));
        }
        boolean neverMasked = sum.deletedEarly() > trainedLately;
        partitions.forEach(
                (number, partition) -> {
                    if (neverMasked) {
                        partition.lost.or(partition.deletedEarly);
                    }
                    reportLost(number, partition.lost);
                });
        return neverMasked ? sum.withoutDeletedEarly() : sum;
    }

    private ImageBalance settle(
            int number, PartitionImages partition, boolean complete, boolean deleted) {
        requireHeld(number, partition);
        partition.lost.clear();
        partition.deletedEarly.clear();
        long heldViews = 0;
        long deadLetters = 0;
        long pending = 0;
        long deletedViews = 0;
        long deletedEarly = 0;
        boolean heldBack = !complete && partition.missing(views, deleted) <= shuffled;
        LongIterator offsets = partition.held.getLongIterator();
        while (offsets.hasNext()) {
            long offset = offsets.next();
            int found = partition.viewsOf(offset, views);
            heldViews += found;
            if (partition.dead.contains(offset)) {
                deadLetters++;
                requireNoOther(
                        found > 0 || partition.replayed.of(offset),
                        number,
                        offset,
                        "is in a batch and among the dead letters");
            } else if (partition.heldOut.contains(offset)) {
                requireNoOther(
                        found > 0 || partition.replayed.of(offset),
                        number,
                        offset,
                        "is in a batch and held out of training");
            } else if (found < views) {
                boolean beforeTheFirst = deleted && offset <= partition.firstUsed;
                boolean behindTheLast = !complete && offset >= partition.lastUsed;
                boolean old = deleted && partition.old.contains(offset);
                if (old && (beforeTheFirst || !behindTheLast)) {
                    deletedViews += views - found;
                } else if (heldBack || behindTheLast) {
                    pending++;
                } else if (beforeTheFirst) {
                    deletedEarly += views - found;
                    partition.deletedEarly.addLong(offset);
                } else {
                    partition.lost.addLong(offset);
                }
            }
        }
        return new ImageBalance(
                partition.held.getLongCardinality(),
                heldViews,
                partition.heldOut.getLongCardinality(),
                deadLetters,
                pending,
                deletedViews,
                deletedEarly);
    }

    private void requireNoOther(boolean other, int number, long offset, String what) {
        if (other) {
            findings.add(Kind.DUPLICATED, Finding.place(topic, number, offset), what);
        }
    }

    /** Reports batches and dead letters whose image does not exist. */
    private void requireHeld(int number, PartitionImages partition) {
        Roaring64Bitmap origins = new Roaring64Bitmap();
        partition.used.forEach((long key) -> origins.addLong(key / views));
        origins.or(partition.dead);
        origins.or(partition.heldOut);
        origins.andNot(partition.held);
        origins.forEach(
                (long offset) -> {
                    if (offset >= partition.begin) {
                        findings.add(
                                Kind.UNEXPLAINED,
                                Finding.place(topic, number, offset),
                                "is in a batch, held out or a dead letter, but the topic has no such record");
                    }
                });
    }

    private PartitionImages partition(int number) {
        return partitions.computeIfAbsent(number, n -> new PartitionImages());
    }

    /** Reports consecutive offsets as one finding. */
    private void reportLost(int number, Roaring64Bitmap lost) {
        LongIterator offsets = lost.getLongIterator();
        long first = -1;
        long last = -1;
        while (offsets.hasNext()) {
            long offset = offsets.next();
            if (first >= 0 && offset != last + 1) {
                reportLost(number, first, last);
                first = -1;
            }
            first = first < 0 ? offset : first;
            last = offset;
        }
        if (first >= 0) {
            reportLost(number, first, last);
        }
    }

    private void reportLost(int number, long first, long last) {
        findings.add(
                Kind.LOST,
                Finding.place(topic, number, first, last),
                (views == 1 ? "is in no batch" : "is in fewer than " + views + " batches")
                        + ", not held out and not among the dead letters");
    }
}
