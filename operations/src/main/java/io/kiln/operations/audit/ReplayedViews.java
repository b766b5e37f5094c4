package io.kiln.operations.audit;

import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.ImageOrigin;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/** The views in batches of images of one partition that were replayed (masking.replay). */
final class ReplayedViews {
    private static final int VIEW_BITS = 24;

    private final Roaring64Bitmap offsets = new Roaring64Bitmap();

    /** A view is encoded as offset · 2^24 + view. */
    private final Roaring64Bitmap views = new Roaring64Bitmap();

    private long count;

    /**
     * Records a view of a replayed image.
     *
     * @param batch place of the batch
     * @param newViews views of an image when it is new, which no replay has
     */
    void add(ImageOrigin image, String batch, int newViews, Findings findings) {
        int view = image.getView();
        String of =
                "view "
                        + view
                        + " of "
                        + Finding.place(image.getTopic(), image.getPartition(), image.getOffset());
        if (view < newViews) {
            findings.add(
                    Kind.UNEXPLAINED,
                    batch,
                    "holds " + of + " as replayed; expected a view from " + newViews + " on");
            return;
        }
        long key = (image.getOffset() << VIEW_BITS) + (view & ((1 << VIEW_BITS) - 1));
        if (views.contains(key)) {
            findings.add(Kind.DUPLICATED, batch, "holds " + of + " again");
        }
        views.addLong(key);
        offsets.addLong(image.getOffset());
        count++;
    }

    /** Whether the image of an offset was replayed. */
    boolean of(long offset) {
        return offsets.contains(offset);
    }

    /** Views in batches. */
    long count() {
        return count;
    }
}
