import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { offeredLink } from "@/api/queries";

const LinkReview = lazy(() => import("./link-review").then((module) => ({ default: module.LinkReview })));

/** Shows links that were opened; read in when there is the first one. */
export function Links() {
  const offered = useQuery(offeredLink).data ?? null;
  const [any, setAny] = useState(false);
  if (offered !== null && !any) setAny(true);
  return any && <Suspense>{<LinkReview />}</Suspense>;
}
