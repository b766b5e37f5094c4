package io.kiln.operations.audit;

import org.roaringbitmap.longlong.LongIterator;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/** The images of one partition of images. A view is encoded as offset · views + view. */
final class PartitionImages {
    final Roaring64Bitmap held = new Roaring64Bitmap();

    /** Those whose batches retention may have deleted. */
    final Roaring64Bitmap old = new Roaring64Bitmap();

    final Roaring64Bitmap used = new Roaring64Bitmap();
    final Roaring64Bitmap heldOut = new Roaring64Bitmap();
    final Roaring64Bitmap dead = new Roaring64Bitmap();
    final ReplayedViews replayed = new ReplayedViews();
    final ImageIds ids = new ImageIds();

    /** Found by {@link ImageLedger#settle}. */
    final Roaring64Bitmap lost = new Roaring64Bitmap();

    /**
     * Found by {@link ImageLedger#settle}: too young for retention to have deleted their batches.
     */
    final Roaring64Bitmap deletedEarly = new Roaring64Bitmap();

    long begin;
    long firstUsed = Long.MAX_VALUE;
    long lastUsed = -1;

    /**
     * The number of images before the last used one that are not accounted for.
     *
     * @param batchesDeleted whether old images are accounted for by deleted batches
     */
    long missing(int views, boolean batchesDeleted) {
        long missing = 0;
        LongIterator offsets = held.getLongIterator();
        while (offsets.hasNext()) {
            long offset = offsets.next();
            if (offset < lastUsed
                    && !(batchesDeleted && old.contains(offset))
                    && !dead.contains(offset)
                    && !heldOut.contains(offset)
                    && viewsOf(offset, views) < views) {
                missing++;
            }
        }
        return missing;
    }

    /** The number of views of an image in batches. */
    int viewsOf(long offset, int views) {
        int found = 0;
        for (int view = 0; view < views; view++) {
            if (used.contains(offset * views + view)) {
                found++;
            }
        }
        return found;
    }
}
